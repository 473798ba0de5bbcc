import { setTimeout as sleep } from 'node:timers/promises';
import type { Chromium, Profile } from './chromium.ts';
import type { Case, Running, Way } from './program.ts';
import { MEMBERS, type Started } from './provider.ts';

const PAUSE_MS = 20;
const LIMIT_MS = 20_000;

export interface SignOutTrial {
  readonly provider: Started;
  readonly chromium: Chromium;
  /** Another application, which takes logout tokens. */
  other(): Promise<Running>;
}

/** The cases of whoever is signed out: by an operator, by leaving, by themselves. */
export function signOutCases(
  id: string,
  running: Running,
  postLogoutUri: string,
  trial: SignOutTrial,
): Case[] {
  const { provider } = trial;
  const { ending, signOut } = running;
  const leaver = `leaver-${id}`;
  return [
    ...(ending
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

/** @throws Error unless the program's session ends by what a command does */
async function endsBy(
  running: Running,
  userid: string,
  { provider, chromium }: SignOutTrial,
  command: () => Promise<void>,
): Promise<string> {
  const { seen, name } = ending(running);
  const profile = await chromium.newProfile(provider);
  try {
    await profile.signIn(userid, running.application);
    await mustBeSignedIn(profile, running);
    const home = homeOf(running);
    const printedBefore = running.log?.().length ?? 0;
    const began = Date.now();
    const ran = command().then(() => Date.now() - began);
    const ended = await until(
      async () => seen(await profile.statusOf(home), running.log?.().slice(printedBefore) ?? ''),
      began,
    );
    return `${name} ${seconds(ended)} after the command began, which itself took ${seconds(await ran)}`;
  } finally {
    await profile.close();
  }
}

/** @throws Error unless the person comes back, and is signed out of everything */
async function signsOut(
  running: Running,
  way: Way,
  postLogoutUri: string,
  { provider, chromium, other }: SignOutTrial,
): Promise<string> {
  const another = await other();
  const profile = await chromium.newProfile(provider);
  try {
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
      throw new Error('The program has its session still');
    }
    const ended = await until(
      async () => (await profile.statusOf(homeOf(another))) !== 200,
      confirmedAt,
    );
    // Its session here is over too: this takes a page of WeCom.
    await profile.signIn(MEMBERS.withEmail, running.application);
    const returned = state === null ? 'returned, no state sent' : 'returned with its state';
    return `${returned}; the other application refused ${seconds(ended)} after the confirmation`;
  } finally {
    await profile.close();
  }
}

function ending({ ending }: Running): NonNullable<Running['ending']> {
  if (!ending) throw new Error('The program does not notice a sign-out');
  return ending;
}

function homeOf({ application: { home } }: Running): string {
  if (home === undefined) throw new Error('The program has no page for whoever is signed in');
  return home;
}

async function mustBeSignedIn(profile: Profile, running: Running): Promise<void> {
  const status = await profile.statusOf(homeOf(running));
  if (status !== 200) throw new Error(`Nobody is signed in: status ${status}`);
}

/** @returns how long it took since `began` */
async function until(isOver: () => Promise<boolean>, began: number): Promise<number> {
  while (Date.now() < began + LIMIT_MS) {
    if (await isOver()) return Date.now() - began;
    await sleep(PAUSE_MS);
  }
  throw new Error(`The session goes on after ${seconds(LIMIT_MS)}`);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
