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

const GROUPS_OF = { user123: 'department:2', lisi: 'department:6' } as const;
const EMAIL_OF = { user123: 'zhangsan@yunfan.example' } as const;
const NAME_OF = { user123: '张三', lisi: '李四' } as const;

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
  const { email, notPermitted, withoutEmail } = program;
  const signedIn = (userid: keyof typeof NAME_OF) => (page: EndPage) => {
    if (page.status !== 200) return [`status ${page.status}: ${shortened(page.text)}`];
    return problemsOf(running.claims(page), userid, email, subs);
  };
  const cases = [
    {
      name: 'a member with a company address',
      userid: MEMBERS.withEmail,
      problems: signedIn(MEMBERS.withEmail),
      detail: (page: EndPage) => shown(running.claims(page)),
    },
    {
      name: 'a member without one',
      userid: MEMBERS.withoutEmail,
      problems: withoutEmail ? saying(withoutEmail, running) : signedIn(MEMBERS.withoutEmail),
      detail: (page: EndPage) =>
        withoutEmail ? said(withoutEmail, page, running) : shown(running.claims(page)),
    },
    {
      name: 'a member without the permission',
      userid: MEMBERS.notPermitted,
      problems: saying(notPermitted, running),
      detail: (page: EndPage) => said(notPermitted, page, running),
    },
  ];
  const results: Result[] = [];
  for (const { name, userid, problems, detail } of cases) {
    const row = { program: program.name, version, case: name };
    try {
      const page = await chromium.signIn(userid, running.application, provider);
      const found = problems(page);
      results.push(
        found.length === 0
          ? { ...row, outcome: 'passed', detail: detail(page) }
          : {
              ...row,
              outcome: 'failed',
              detail: `${found.join('; ')} (at ${page.url.split('?')[0]})`,
            },
      );
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      results.push({ ...row, outcome: 'failed', detail: text });
    }
  }
  return results;
}

/** What is wrong with the claims that a program shows of a member. */
function problemsOf(
  claims: Claims,
  userid: keyof typeof NAME_OF,
  emailOf: Program['email'],
  subs: Trial['subs'],
): string[] {
  const { sub, name, preferred_username, email, email_verified, groups } = claims;
  const companyEmail = (EMAIL_OF as Readonly<Record<string, string>>)[userid];
  const expectedEmail = emailOf ? emailOf(userid) : companyEmail;
  const found: string[] = [];
  const compare = (what: string, seen: unknown, expected: unknown) => {
    if (seen !== expected) found.push(`${what} is ${seen}, not ${expected}`);
  };
  if (sub !== undefined) {
    compare('sub', sub, subs.get(userid) ?? sub);
    subs.set(userid, sub);
  }
  if (name !== undefined) compare('name', name, NAME_OF[userid]);
  compare('preferred_username', preferred_username, userid);
  compare('email', email, expectedEmail);
  if (email_verified !== undefined) {
    compare('email_verified', email_verified, emailOf || !companyEmail ? undefined : true);
  }
  if (!groups?.includes(GROUPS_OF[userid])) found.push(`groups are ${groups}`);
  return found;
}

function saying({ status, text, inLog }: Expected, { log }: Running) {
  return (page: EndPage): string[] => {
    const says = inLog ? (log?.() ?? '') : page.text;
    if (page.status === status && text.test(says)) return [];
    return [`status ${page.status}, not ${status} with ${text}: ${shortened(says.slice(-1_000))}`];
  };
}

function said({ text, inLog }: Expected, page: EndPage, { log }: Running): string {
  const [says = ''] = text.exec(inLog ? (log?.() ?? '') : page.text) ?? [];
  return `refused with ${page.status}: ${shortened(says)}`;
}

function shown({ preferred_username, email }: Claims): string {
  return `signed in ${preferred_username}, ${email ?? 'no e-mail'}`;
}

function shortened(text: string): string {
  const plain = text.replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  return plain.trim().slice(0, 300);
}

/** A client id, and the name of a folder. */
function idOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
