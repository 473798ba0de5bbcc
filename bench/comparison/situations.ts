import { userIdOf } from './emulator.ts';
import type { Plan, PlannedBackEnd } from './plan.ts';
import { type Recovery, recover } from './recovery.ts';
import { begin, type Outcome, signInAll } from './signIn.ts';
import { inNewWorld, type World } from './world.ts';

/** What the clients of one back end got in one situation. */
export interface Found {
  readonly outcomes: readonly Outcome[];
  /** WeCom's calls that the situation is about. */
  readonly calls: number;
  readonly recovery?: Recovery;
}

/** By the name of the situation and the id of the back end. */
export type Situations = Record<SituationName, Record<string, Found>>;

export type SituationName = keyof typeof SITUATIONS;

/** How often a situation happens to a back end. */
export const TIMES = 20;
/** Sign-ins around the events that concern the token. */
export const TOKEN_SIGN_INS = 100;
/** How often the same code is posted at the same time. */
export const REPEATS = 50;
/** Instances where they share or do not share something. */
export const FLEET = 4;

interface Situation {
  readonly instances: number;
  /** The back end has a wrong secret. */
  readonly isMisconfigured?: boolean;
  play(world: World): Promise<Found>;
}

/** Signs in members while calls of one path have a fault. */
const faulty = (on: string, fault: object): Situation => ({
  instances: 1,
  async play(world) {
    await world.emulator.fault({ on, ...fault });
    const outcomes = await world.signIn(await world.codes(TIMES));
    return { outcomes, calls: await world.calls(on) };
  },
});

/** Signs in somebody who is not a member. */
const visited = (visitor: string): Situation => ({
  instances: 1,
  async play(world) {
    const outcomes = await world.signIn(await world.codes(TIMES, { visitor }));
    return { outcomes, calls: await world.calls('user/get') };
  },
});

/** What each does is in docs/comparison.md, under "Situations". */
export const SITUATIONS = {
  revoked: {
    instances: FLEET,
    async play({ emulator, codes, signIn, calls }) {
      const outcomes = await signIn(await codes(TOKEN_SIGN_INS), async (count) => {
        if (count === TOKEN_SIGN_INS / 2) await emulator.revokeTokens();
      });
      return { outcomes, calls: await calls('gettoken') };
    },
  },
  wrongSecret: {
    instances: FLEET,
    isMisconfigured: true,
    async play(world) {
      const outcomes = await world.signIn(await world.codes(TOKEN_SIGN_INS));
      const calls = await world.calls('gettoken');
      return { outcomes, calls, recovery: await recover(world) };
    },
  },
  gettokenLimited: faulty('gettoken', { kind: 'errcode', errcode: 45009 }),
  userLimited: faulty('user/get', { kind: 'errcode', errcode: 45009 }),
  busy: faulty('auth/getuserinfo', { kind: 'errcode', errcode: -1, times: 2 }),
  disabled: {
    instances: 1,
    async play({ emulator, codes, signIn, calls }) {
      const userid = userIdOf(0);
      await emulator.disable(userid);
      const outcomes = await signIn(await codes(TIMES, { userid }));
      return { outcomes, calls: await calls('user/get') };
    },
  },
  stranger: visited('stranger'),
  customer: visited('customer'),
  linked: visited('linked'),
  sameCode: {
    instances: FLEET,
    async play({ backEnd, fleet, codes, calls }) {
      const [body] = await codes(1);
      const begun = backEnd.hasState ? await begin(fleet.urls[0] ?? '') : {};
      const bodies = Array.from({ length: REPEATS }, () => ({ code: '', ...body, ...begun }));
      const outcomes = await signInAll(fleet.urls, bodies, { atOnce: REPEATS });
      return { outcomes, calls: await calls('auth/getuserinfo') };
    },
  },
  foreignState: {
    instances: 1,
    async play({ backEnd, fleet, codes, signIn, calls }) {
      const bodies = await codes(TIMES);
      for (const [at, body] of bodies.entries()) {
        const { state } = backEnd.hasState ? await begin(fleet.urls[0] ?? '') : { state: 'STATE' };
        // The state of another browser: this one does not have its verifier.
        bodies[at] = { ...body, state, code_verifier: 'of-another-browser'.padEnd(43, '0') };
      }
      return { outcomes: await signIn(bodies), calls: await calls('auth/getuserinfo') };
    },
  },
} satisfies Record<string, Situation>;

/** Plays each situation with each back end. */
export async function playSituations(plan: Plan): Promise<Situations> {
  const all: Partial<Situations> = {};
  for (const [name, situation] of Object.entries(SITUATIONS) as [SituationName, Situation][]) {
    console.error(`${name} …`);
    const found: Record<string, Found> = {};
    for (const backEnd of backEndsOf(plan, name)) {
      const { instances, isMisconfigured, play } = situation;
      const secret = isMisconfigured ? 'of-another-app'.padEnd(43, '0') : undefined;
      found[backEnd.id] = await inNewWorld(plan, backEnd, instances, play, secret);
    }
    all[name] = found;
  }
  return all as Situations;
}

/** This project plays with a state where a state makes the difference. */
function backEndsOf({ backEnds }: Plan, name: SituationName): PlannedBackEnd[] {
  if (name === 'sameCode') return [...backEnds];
  if (name === 'foreignState')
    return backEnds.filter(({ id, isLibrary }) => id !== 'ours' && !isLibrary);
  return backEnds.filter(({ hasState }) => !hasState);
}
