import { setTimeout as sleep } from 'node:timers/promises';
import type { Chromium, Profile } from './chromium.ts';
import type { Case, Running, Way } from './program.ts';
import { MEMBERS, type Started } from './provider.ts';

const PAUSE_MS = 20;
const LIMIT_MS = 20_000;
const LOGOUT_TOKEN_MS = 1_000;

export interface SignOutTrial {
  readonly provider: Started;
  readonly chromium: Chromium;
  /** Another application, which accepts logout tokens. */
  other(): Promise<Running>;
}

/** @returns the cases of sign-outs: by an operator, by a member who leaves, by the member */
export function signOutCases(
  id: string,
  running: Running,
  postLogoutUri: string,
  trial: SignOutTrial,
): Case[] {
  const { provider } = trial;
  const { learnsBy, signOut } = running;
  const leaver = `leaver-${id}`;
  return [
    ...(learnsBy
      ? [
          {
            name: 'npm run sessions -- end',
            run: () =>
              endsBy(running, MEMBERS.withEmail, trial, () =>
                provider.endSessions(MEMBERS.withEmail),
              ),
          },
          {
            name: 'the member leaves',
            async run() {
              await provider.join(leaver);
              return endsBy(running, leaver, trial, () => provider.leave(leaver));
            },
          },
        ]
      : []),
    ...(signOut
      ? [
          {
            name: 'the member signs out',
            run: () => signsOut(running, signOut, postLogoutUri, trial),
          },
        ]
      : []),
  ];
}

/** @throws Error unless the program's session ends after the command */
async function endsBy(
  running: Running,
  userid: string,
  { provider, chromium }: SignOutTrial,
  command: () => Promise<void>,
): Promise<string> {
  const profile = await chromium.newProfile(provider);
  try {
    await profile.signIn(userid, running.application);
    await mustBeSignedIn(profile, running);
    const began = Date.now();
    const [ended, ran] = await Promise.all([
      untilRefused(profile, running, began),
      command().then(() => Date.now() - began),
    ]);
    return `refused (${running.learnsBy}) ${seconds(ended)} after the command began, which itself took ${seconds(ran)}`;
  } finally {
    await profile.close();
  }
}

/** @throws Error unless the browser returns and the person is signed out of every program */
async function signsOut(
  running: Running,
  way: Way,
  postLogoutUri: string,
  { provider, chromium, other }: SignOutTrial,
): Promise<string> {
  const another = await other();
  const profile = await chromium.newProfile(provider);
  const elsewhere = await chromium.newProfile(provider);
  try {
    await elsewhere.signIn(MEMBERS.withEmail, running.application);
    await profile.signIn(MEMBERS.withEmail, running.application);
    await profile.pass(another.application);
    await mustBeSignedIn(profile, another);
    if (running.application.home) await mustBeSignedIn(profile, running);

    const { request, end, text, confirmedAt } = await profile.signOut(way);
    const state = request.searchParams.get('state');
    if (`${end.origin}${end.pathname}` !== postLogoutUri) {
      throw new Error(`The browser came to ${end.origin}${end.pathname}, not to ${postLogoutUri}`);
    }
    if (end.searchParams.get('state') !== state) throw new Error('It came back without the state');
    running.signedOut?.(text);
    const { home } = running.application;
    if (home !== undefined && (await profile.statusOf(home)) === 200) {
      throw new Error('The session of the program did not end');
    }
    const ended = await untilRefused(profile, another, confirmedAt);
    const seen = [
      state === null ? 'returned, no state sent' : 'returned with its state',
      `the other application refused ${seconds(ended)} after the confirmation`,
    ];
    if (home !== undefined) seen.push(await otherBrowser(elsewhere, running));
    // The provider's session has ended too, so this needs WeCom's page.
    await profile.signIn(MEMBERS.withEmail, running.application);
    return seen.join('; ');
  } finally {
    await profile.close();
    await elsewhere.close();
  }
}

/** @throws Error unless the other browser's session ends exactly if `endsEveryBrowser` is set */
async function otherBrowser(elsewhere: Profile, running: Running): Promise<string> {
  // The other application has its logout token by now; this program's is still being sent.
  await sleep(LOGOUT_TOKEN_MS);
  const isOver = (await elsewhere.statusOf(homeOf(running))) !== 200;
  if (isOver !== (running.endsEveryBrowser ?? false)) {
    throw new Error(`In another browser the person is ${isOver ? 'signed out too' : 'signed in'}`);
  }
  return isOver ? 'signed out in another browser too' : 'still signed in in another browser';
}

function homeOf({ application: { home } }: Running): string {
  if (home === undefined) throw new Error('The program has no page for signed-in people');
  return home;
}

async function mustBeSignedIn(profile: Profile, running: Running): Promise<void> {
  const status = await profile.statusOf(homeOf(running));
  if (status !== 200) throw new Error(`Nobody is signed in: status ${status}`);
}

/** @returns milliseconds from `began` to the refusal @throws Error if the session does not end */
async function untilRefused(profile: Profile, running: Running, began: number): Promise<number> {
  const home = homeOf(running);
  while (Date.now() < began + LIMIT_MS) {
    if ((await profile.statusOf(home)) !== 200) return Date.now() - began;
    await sleep(PAUSE_MS);
  }
  throw new Error(`The session did not end within ${seconds(LIMIT_MS)}`);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
