import { quantile } from '../measure/spread.ts';
import { type Emulator, startEmulator, userIdOf } from './emulator.ts';
import { type Fleet, startFleet } from './fleet.ts';
import type { Plan, PlannedBackEnd } from './plan.ts';
import { begin, type Outcome, type SignInBody, signInAll } from './signIn.ts';

/** The sign-ins of one back end with so many instances. */
export interface Speed {
  readonly id: string;
  readonly instances: number;
  /** Those that were measured, and those that named the right member. */
  readonly signIns: number;
  readonly right: number;
  /** With the sign-ins of the warm-up. */
  readonly allSignIns: number;
  readonly gettokenCalls: number;
  /** In the mean, of the measured ones. */
  readonly callsOfASignIn: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMsOfASignIn: number;
  readonly peakMegabytes: number;
}

interface Contestant {
  readonly backEnd: PlannedBackEnd;
  readonly fleet: Fleet;
  readonly outcomes: Outcome[];
  warmUps: number;
  right: number;
  gettokenCalls: number;
  calls: number;
  cpuMs: number;
}

/**
 * Signs members in through each back end in turn, in rotating order, so that other load on the machine
 * affects all of them alike. The members and their order are the same for all.
 */
export async function measureSpeed(plan: Plan, instances: number): Promise<Speed[]> {
  const { signIns, rounds, warmUps } = plan.isQuick
    ? { signIns: 100, rounds: 2, warmUps: 40 }
    : { signIns: 1_000, rounds: 4, warmUps: 200 };
  const emulator = await startEmulator(plan.authority);
  const contestants: Contestant[] = [];
  try {
    for (const backEnd of plan.backEnds) {
      const fleet = await startFleet(plan, backEnd, emulator, instances);
      const counts = { warmUps, right: 0, gettokenCalls: 0, calls: 0, cpuMs: 0 };
      contestants.push({ backEnd, fleet, outcomes: [], ...counts });
    }
    for (const contestant of contestants) await turn(contestant, emulator, 0, warmUps, true);
    const size = signIns / rounds;
    for (let round = 0; round < rounds; round += 1) {
      for (let at = 0; at < contestants.length; at += 1) {
        const contestant = contestants[(at + round) % contestants.length];
        if (contestant) await turn(contestant, emulator, round * size, size, false);
      }
    }
    return contestants.map((contestant) => speedOf(contestant, instances));
  } finally {
    for (const { fleet } of contestants) await fleet.close();
    await emulator.close();
  }
}

async function turn(
  contestant: Contestant,
  emulator: Emulator,
  from: number,
  count: number,
  isWarmUp: boolean,
): Promise<void> {
  const { backEnd, fleet } = contestant;
  const members = Array.from({ length: count }, (_, at) => userIdOf(from + at));
  const codes = await Promise.all(members.map((userid) => emulator.code({ userid })));
  const bodies: SignInBody[] = [];
  for (const [at, code] of codes.entries()) {
    const url = fleet.urls[at % fleet.urls.length] ?? '';
    bodies.push({ code, ...(backEnd.hasState && (await begin(url))) });
  }
  await emulator.forget();
  const cpuBeforeMs = fleet.cpuMs();
  const outcomes = await signInAll(fleet.urls, bodies);
  const calls = await emulator.calls();
  contestant.gettokenCalls += calls.filter(({ path }) => path === '/cgi-bin/gettoken').length;
  if (isWarmUp) return;
  contestant.cpuMs += fleet.cpuMs() - cpuBeforeMs;
  contestant.calls += calls.length;
  contestant.right += outcomes.filter(({ userid }, at) => userid === members[at]).length;
  contestant.outcomes.push(...outcomes);
}

function speedOf(contestant: Contestant, instances: number): Speed {
  const { backEnd, fleet, outcomes, warmUps, right, gettokenCalls, calls, cpuMs } = contestant;
  const signIns = outcomes.length;
  const durationsMs = outcomes.map(({ durationMs }) => durationMs);
  return {
    id: backEnd.id,
    instances,
    signIns,
    right,
    allSignIns: signIns + warmUps,
    gettokenCalls,
    callsOfASignIn: calls / signIns,
    p50Ms: quantile(durationsMs, 0.5),
    p99Ms: quantile(durationsMs, 0.99),
    cpuMsOfASignIn: cpuMs / signIns,
    peakMegabytes: fleet.peakMegabytes(),
  };
}
