import { type Emulator, startEmulator, userIdOf } from './emulator.ts';
import { type Fleet, startFleet } from './fleet.ts';
import type { Plan, PlannedBackEnd } from './plan.ts';
import { type Outcome, type SignInBody, signInAll } from './signIn.ts';

/** A new emulator, and new instances of one back end. */
export interface World {
  readonly backEnd: PlannedBackEnd;
  readonly emulator: Emulator;
  readonly fleet: Fleet;
  /** So many fresh codes, of one person or of as many members. */
  codes(count: number, who?: { userid: string } | { visitor: string }): Promise<SignInBody[]>;
  /** Posts the bodies, ten at once. */
  signIn(
    bodies: readonly SignInBody[],
    onOutcome?: (count: number) => Promise<void>,
  ): Promise<Outcome[]>;
  /** The calls of this path below `/cgi-bin/` so far. */
  calls(path: string): Promise<number>;
}

/** @param secret the app's, as the back end is configured; default: the right one */
export async function inNewWorld<T>(
  plan: Plan,
  backEnd: PlannedBackEnd,
  instances: number,
  run: (world: World) => Promise<T>,
  secret?: string,
): Promise<T> {
  const emulator = await startEmulator(plan.authority);
  try {
    const fleet = await startFleet(plan, backEnd, emulator, instances, secret);
    try {
      return await run({
        backEnd,
        emulator,
        fleet,
        codes: (count, who) =>
          Promise.all(
            Array.from({ length: count }, async (_, at) => ({
              code: await emulator.code(who ?? { userid: userIdOf(at) }),
            })),
          ),
        signIn: (bodies, onOutcome) =>
          signInAll(fleet.urls, bodies, { ...(onOutcome && { onOutcome }) }),
        calls: async (path) =>
          (await emulator.calls()).filter((call) => call.path === `/cgi-bin/${path}`).length,
      });
    } finally {
      await fleet.close();
    }
  } finally {
    await emulator.close();
  }
}
