import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../harness/freePorts.ts';
import type { Chromium } from './chromium.ts';
import type { Case, Claims, EndPage, Expected, Program, Running } from './program.ts';
import { MEMBERS, type Provider } from './provider.ts';
import { type SignOutTrial, signOutCases } from './signOuts.ts';

/** The result of one case of one program. */
export interface Result {
  readonly program: string;
  readonly version: string;
  readonly case: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What happened, what is wrong, or what is missing. */
  readonly detail: string;
}

/** The emulated company's data of the members who are signed in. */
const KNOWN: Readonly<Record<string, { name: string; group: string; email?: string }>> = {
  [MEMBERS.withEmail]: { name: '张三', group: 'department:2', email: 'zhangsan@yunfan.example' },
  [MEMBERS.withoutEmail]: { name: '李四', group: 'department:6' },
};

/** Has one folder for each program. */
const PREPARED = 'artifacts/relying-parties';

export interface Trial {
  readonly provider: Provider;
  readonly chromium: Chromium;
  /** The `sub` of each member, which must be the same for every program. */
  readonly subs: Map<string, string>;
  /** Absent: sign-outs are not tried. */
  readonly signOuts?: SignOutTrial;
}

/**
 * Prepares a program, registers its client, and tries all cases.
 *
 * @param port where it listens; default: any free one
 */
export async function tryProgram(program: Program, trial: Trial, port?: number): Promise<Result[]> {
  const { name } = program;
  const missing = await program.missing();
  if (missing)
    return [{ program: name, version: '', case: '', outcome: 'skipped', detail: missing }];
  let version = '';
  try {
    const prepared = await prepare(program);
    version = prepared.version;
    const started = await start(program, idOf(name), trial.provider, prepared.directory, port);
    try {
      const results: Result[] = [];
      for (const each of casesOf(program, started, trial)) {
        results.push({ program: name, version, case: each.name, ...(await outcomeOf(each)) });
      }
      return results;
    } finally {
      await started.running.close();
    }
  } catch (error) {
    return [{ program: name, version, case: 'start', outcome: 'failed', detail: reasonOf(error) }];
  }
}

/** Prepares and starts a program beside the one that is tried. */
export async function startBeside(
  program: Program,
  id: string,
  provider: Provider,
): Promise<Running> {
  const { directory } = await prepare(program);
  return (await start(program, id, provider, directory)).running;
}

async function prepare(program: Program): Promise<{ directory: string; version: string }> {
  const directory = resolve(join(PREPARED, idOf(program.name)));
  return { directory, version: await program.prepare(directory) };
}

interface StartedProgram {
  readonly running: Running;
  readonly postLogoutUri: string;
}

async function start(
  program: Program,
  id: string,
  provider: Provider,
  directory: string,
  given?: number,
): Promise<StartedProgram> {
  const port = given ?? (await freePort());
  const { redirectPath, postLogoutPath, backchannelLogoutPath, ...client } = program.client;
  const at = (path: string) => `http://127.0.0.1:${port}${path}`;
  const redirectUri = at(redirectPath);
  const postLogoutUri = postLogoutPath === undefined ? '' : at(postLogoutPath);
  const credentials = await provider.addClient({
    id,
    redirectUri,
    ...client,
    ...(postLogoutUri && { postLogoutUri }),
    ...(backchannelLogoutPath && { backchannelLogoutUri: at(backchannelLogoutPath) }),
  });
  const setup = { provider, credentials, redirectUri, postLogoutUri, port, directory };
  return { running: await program.start(setup), postLogoutUri };
}

async function outcomeOf({ run }: Case): Promise<Pick<Result, 'outcome' | 'detail'>> {
  try {
    return { outcome: 'passed', detail: await run() };
  } catch (error) {
    return { outcome: 'failed', detail: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function casesOf(
  program: Program,
  { running, postLogoutUri }: StartedProgram,
  trial: Trial,
): Case[] {
  const { signsInAgainAfterMs: age } = program;
  if (age !== undefined) {
    const name = 'a second sign-in in the session';
    return [{ name, run: () => signsInAgain(running, age, trial) }];
  }
  const { signOuts } = trial;
  return [
    ...signInCases(program, running, trial),
    ...(signOuts ? signOutCases(idOf(program.name), running, postLogoutUri, signOuts) : []),
  ];
}

function signInCases(program: Program, running: Running, trial: Trial): Case[] {
  const { provider, chromium, subs } = trial;
  const cases = [
    { name: 'a member with a company address', userid: MEMBERS.withEmail },
    { name: 'a member without one', userid: MEMBERS.withoutEmail, refusal: program.withoutEmail },
    {
      name: 'a member without the permission',
      userid: MEMBERS.notPermitted,
      refusal: program.notPermitted,
    },
  ];
  return cases.map(({ name, userid, refusal }) => ({
    name,
    async run() {
      const profile = await chromium.newProfile(provider);
      try {
        const page = await profile.signIn(userid, running.application);
        return refusal
          ? refused(page, refusal, running)
          : await signedIn(page, userid, program, running, subs);
      } finally {
        await profile.close();
      }
    },
  }));
}

/** @throws Error unless the person has to sign in at WeCom again */
async function signsInAgain(
  running: Running,
  ageMs: number,
  { provider, chromium }: Trial,
): Promise<string> {
  const profile = await chromium.newProfile(provider);
  try {
    const claimsOf = async () =>
      running.claims(await profile.signIn(MEMBERS.withEmail, running.application));
    const first = await claimsOf();
    await sleep(ageMs);
    await profile.forgetPrograms();
    const second = await claimsOf();
    const [before, after] = [first.auth_time, second.auth_time];
    if (before === undefined || after === undefined) return 'signed in at WeCom again';
    if (after <= before) throw new Error(`auth_time is ${after}, and was ${before} before`);
    return `signed in at WeCom again, auth_time ${after - before} s later`;
  } finally {
    await profile.close();
  }
}

/** @throws Error if the member is not signed in, or has other claims */
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

/** @throws Error if the program does not refuse, or refuses in another way */
function refused(page: EndPage, { status, text, inLog }: Expected, { log }: Running): string {
  const says = inLog ? (log?.() ?? '') : page.text;
  const found = text.exec(says);
  if (page.status !== status || !found) {
    const seen = shortened(says.slice(-1_000));
    throw new Error(`status ${page.status}, not ${status} with ${text}: ${seen}`);
  }
  return `refused with ${page.status}: ${shortened(found[0])}`;
}

/** @returns the wrong claims that a program shows of a member */
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

/** @returns the client id and folder of a program */
function idOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
