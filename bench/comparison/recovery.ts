import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from './world.ts';

/** When members can sign in again after the secret was corrected. */
export interface Recovery {
  /** Whether WeCom had banned the address. */
  readonly wasBanned: boolean;
  readonly by: 'itself' | 'end of the ban' | 'restart' | 'nothing';
  /** Since the correction, the end of the ban or the restart. */
  readonly seconds: number;
}

/** An open breaker reads SSM at most once in ten seconds. */
const PATIENCE_MS = 15_000;
/** Nothing is to be waited for after the ban, and wrong secrets would start the next one. */
const SHORT_PATIENCE_MS = 2_000;
const PAUSE_MS = 500;

/**
 * Corrects the secret, then ends the ban, as an hour does, then restarts the back end after the ban, until
 * members sign in.
 */
export async function recover(world: World): Promise<Recovery> {
  const { emulator, fleet } = world;
  const wasBanned = (await emulator.calls()).some(({ errcode }) => errcode === 45009);
  const steps = [
    ['itself', PATIENCE_MS, () => fleet.setSecret(emulator.secret)],
    ['end of the ban', SHORT_PATIENCE_MS, () => emulator.endBans()],
    [
      'restart',
      SHORT_PATIENCE_MS,
      async () => {
        await fleet.restart();
        await emulator.endBans();
      },
    ],
  ] as const;
  for (const [by, patienceMs, step] of steps) {
    await step();
    const seconds = await secondsUntilSignedIn(world, patienceMs);
    if (seconds !== undefined) return { wasBanned, by, seconds };
  }
  return { wasBanned, by: 'nothing', seconds: 0 };
}

/** Tries through each instance in turn. @returns undefined if one of them still refuses in the end */
async function secondsUntilSignedIn(
  { fleet, codes, signIn }: World,
  patienceMs: number,
): Promise<number | undefined> {
  const start = performance.now();
  for (;;) {
    const outcomes = await signIn(await codes(fleet.urls.length));
    const passedMs = performance.now() - start;
    if (outcomes.every(({ status }) => status === 200)) return passedMs / 1_000;
    if (passedMs > patienceMs) return undefined;
    await sleep(PAUSE_MS);
  }
}
