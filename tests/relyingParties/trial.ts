import { join, resolve } from 'node:path';
import type { Chromium } from './chromium.ts';
import { freePort } from './processes.ts';
import type { Claims, EndPage, Expected, Program, Running } from './program.ts';
import { MEMBERS, type Provider } from './provider.ts';

/** One case of one program, as the table shows it. */
export interface Result {
  readonly program: string;
  readonly version: string;
  readonly case: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What was seen, what was wrong, or what is missing. */
  readonly detail: string;
}

/** What the emulated company has of the members who are signed in. */
const KNOWN: Readonly<Record<string, { name: string; group: string; email?: string }>> = {
  [MEMBERS.withEmail]: { name: '张三', group: 'department:2', email: 'zhangsan@yunfan.example' },
  [MEMBERS.withoutEmail]: { name: '李四', group: 'department:6' },
};

/** Each program is prepared in a folder of this one. */
const PREPARED = 'artifacts/relying-parties';

export interface Trial {
  readonly provider: Provider;
  readonly chromium: Chromium;
  /** `sub` of each member, which must be the same for every program. */
  readonly subs: Map<string, string>;
}

/**
 * Prepares a program, registers its client, and tries all cases.
 *
 * @param port where it listens; default: any free one
 */
export async function tryProgram(
  program: Program,
  { provider, chromium, subs }: Trial,
  port?: number,
): Promise<Result[]> {
  const { name } = program;
  const missing = await program.missing();
  if (missing)
    return [{ program: name, version: '', case: '', outcome: 'skipped', detail: missing }];
  let version = '';
  try {
    const directory = resolve(join(PREPARED, idOf(name)));
    version = await program.prepare(directory);
    const running = await start(program, provider, directory, port ?? (await freePort()));
    try {
      return await tryCases(program, running, { provider, chromium, subs }, version);
    } finally {
      await running.close();
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [{ program: name, version, case: 'start', outcome: 'failed', detail }];
  }
}

async function start(
  program: Program,
  provider: Provider,
  directory: string,
  port: number,
): Promise<Running> {
  const { redirectPath, ...client } = program.client;
  const redirectUri = `http://127.0.0.1:${port}${redirectPath}`;
  const credentials = await provider.addClient({ id: idOf(program.name), redirectUri, ...client });
  return program.start({ provider, credentials, redirectUri, port, directory });
}

async function tryCases(
  program: Program,
  running: Running,
  { provider, chromium, subs }: Trial,
  version: string,
): Promise<Result[]> {
  const cases = [
    { name: 'a member with a company address', userid: MEMBERS.withEmail },
    { name: 'a member without one', userid: MEMBERS.withoutEmail, refusal: program.withoutEmail },
    {
      name: 'a member without the permission',
      userid: MEMBERS.notPermitted,
      refusal: program.notPermitted,
    },
  ];
  const results: Result[] = [];
  for (const { name, userid, refusal } of cases) {
    const row = { program: program.name, version, case: name };
    try {
      const page = await chromium.signIn(userid, running.application, provider);
      const detail = refusal
        ? refused(page, refusal, running)
        : await signedIn(page, userid, program, running, subs);
      results.push({ ...row, outcome: 'passed', detail });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      results.push({ ...row, outcome: 'failed', detail });
    }
  }
  return results;
}

/** @throws Error if the member is not signed in, or with other claims */
async function signedIn(
  page: EndPage,
  userid: string,
  { email }: Program,
  running: Running,
  subs: Trial['subs'],
): Promise<string> {
  if (page.status !== 200) throw new Error(`status ${page.status}: ${shortened(page.text)}`);
  const claims = await running.claims(page);
  const problems = problemsOf(claims, userid, email, subs);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return `signed in ${claims.preferred_username}, ${claims.email ?? 'no e-mail'}`;
}

/** @throws Error if the program does not refuse, or says something else */
function refused(page: EndPage, { status, text, inLog }: Expected, { log }: Running): string {
  const says = inLog ? (log?.() ?? '') : page.text;
  const found = text.exec(says);
  if (page.status !== status || !found) {
    const seen = shortened(says.slice(-1_000));
    throw new Error(`status ${page.status}, not ${status} with ${text}: ${seen}`);
  }
  return `refused with ${page.status}: ${shortened(found[0])}`;
}

/** What is wrong with the claims that a program shows of a member. */
function problemsOf(
  claims: Claims,
  userid: string,
  emailOf: Program['email'],
  subs: Trial['subs'],
): string[] {
  const { sub, name, preferred_username, email, email_verified, groups } = claims;
  const known = KNOWN[userid];
  const found: string[] = [];
  const compare = (what: string, seen: unknown, expected: unknown) => {
    if (seen !== expected) found.push(`${what} is ${seen}, not ${expected}`);
  };
  if (sub !== undefined) {
    compare('sub', sub, subs.get(userid) ?? sub);
    subs.set(userid, sub);
  }
  if (name !== undefined) compare('name', name, known?.name);
  compare('preferred_username', preferred_username, userid);
  compare('email', email, emailOf ? emailOf(userid) : known?.email);
  if (email_verified !== undefined) {
    compare('email_verified', email_verified, emailOf || !known?.email ? undefined : true);
  }
  if (!groups?.includes(known?.group ?? '')) found.push(`groups are ${groups}`);
  return found;
}

function shortened(text: string): string {
  const plain = text.replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  return plain.trim().slice(0, 300);
}

/** A client id, and the name of a folder. */
function idOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
