import { quantile } from '../measure/spread.ts';
import { isAllowed } from './allowed.ts';
import type { Arrivals } from './arrivals.ts';
import type { Audit } from './audit.ts';
import type { Changes } from './changes.ts';
import type { Generator } from './generator.ts';
import type { Series } from './memory.ts';
import { type MemoryVerdict, memoryVerdicts } from './memoryVerdicts.ts';
import type { Monitor } from './monitor.ts';
import type { Entry, LoadRecord } from './record.ts';
import type { PhaseKind } from './schedule.ts';
import type { World } from './world.ts';

/** One line of the verdict. */
export interface Verdict {
  readonly what: string;
  readonly isGood: boolean;
  readonly found: string;
}

export interface Seen {
  readonly world: World;
  readonly changes: Changes;
  readonly monitor: Monitor;
  readonly audit: Audit;
  readonly arrivals: Arrivals;
  readonly generator: Generator;
  readonly series: readonly Series[];
  /** The names of the processes whose memory must have been measured. */
  readonly measured: readonly string[];
  readonly durationMs: number;
  readonly revocations: number;
  readonly deadLetters: number;
}

/** Failing calls of gettoken that one writing of the secret may cost (docs/architecture.md). */
const MOST_FAILURES = 5;
/** A generator that is later than this measures itself. */
const LATENESS_MS = 100;

/** Answers that no phase they touched allows. */
export function notAllowed(record: LoadRecord): Entry[] {
  return record.entries.filter(
    (entry) =>
      !entry.isExpected && !isAllowed(entry, record.kindsBetween(entry.fromMs, entry.untilMs)),
  );
}

export function verdictsOf(seen: Seen): Verdict[] {
  const { world, changes, monitor, audit, arrivals, generator } = seen;
  const { record } = world;
  const unanswered = record.entries.filter(({ kind }) => kind === 'hangs' || kind === 'no answer');
  const others = notAllowed(record);
  const sentAgain = [...monitor.sentAgain].filter((code) => !world.signIns.doubledCodes.has(code));
  const lateness = quantile(arrivals.latenessMs, 0.99);
  return [
    verdict('every request is answered', unanswered.length, 'without an answer'),
    verdict('only errors that the phase allows', others.length, 'others'),
    verdict('no wrong decision, no wrong member', record.problems.length, 'problems'),
    {
      what: 'no code is sent to WeCom again after it was good',
      isGood: monitor.redeemed.size > 0 && sentAgain.length === 0,
      found: `${sentAgain.length} of ${monitor.redeemed.size} codes`,
    },
    {
      what: "the log of WeCom's calls was read, all but 1 in 100",
      isGood: monitor.missedCalls * 100 <= monitor.calls,
      found: `${monitor.missedCalls} of ${monitor.calls} missed`,
    },
    ...pushVerdicts(monitor, changes, record),
    ...gettokenVerdicts(monitor, record, seen.revocations),
    ...eventVerdicts(monitor, world, changes),
    verdict('the history has each change of a grant once', audit.problems.length, 'problems'),
    verdict('nothing is left in a queue', seen.deadLetters, 'dead letters'),
    ...memoryVerdicts(seen.series, seen.measured, seen.durationMs).map(memoryVerdict),
    verdict('every arrival began', arrivals.dropped, 'dropped'),
    {
      what: `the load generator keeps its timetable (99 % within ${LATENESS_MS} ms)`,
      isGood: lateness <= LATENESS_MS,
      found: `p99 ${lateness.toFixed(0)} ms late; its event loop: p99 ${generator.p99Ms.toFixed(0)} ms`,
    },
  ];
}

function pushVerdicts(
  { deliveries }: Monitor,
  { pending }: Changes,
  record: LoadRecord,
): Verdict[] {
  const sinceEpoch = Date.now() - record.now();
  const failed = deliveries.filter(({ state, time, attempts }) => {
    if (state !== 'failed') return false;
    const atMs = time - sinceEpoch;
    const phases = record.kindsBetween(atMs, atMs + 5_000 * attempts.length);
    return !phases.has('dynamodb-down') && !phases.has('dynamodb-throttled');
  });
  const open = deliveries.filter(({ state }) => state === 'under way' || state === 'held');
  return [
    verdict('every push outside of an outage is acknowledged', failed.length, 'given up by WeCom'),
    verdict('no push is left', open.length + pending.length, 'open'),
  ];
}

function gettokenVerdicts(
  { gettoken, missedCalls }: Monitor,
  record: LoadRecord,
  revocations: number,
): Verdict[] {
  const isIn = (atMs: number, ...kinds: PhaseKind[]) => {
    const now = record.kindsBetween(atMs, atMs);
    return kinds.some((kind) => now.has(kind));
  };
  const outages: PhaseKind[] = ['dynamodb-down', 'dynamodb-throttled'];
  const good = gettoken.filter(({ atMs, errcode }) => errcode === 0 && !isIn(atMs, ...outages));
  const refused = gettoken.filter(({ errcode }) => errcode === 40001);
  const perPhase = record.phases
    .filter(({ kind }) => kind.startsWith('secret-'))
    .map(
      ({ fromMs, untilMs }) =>
        refused.filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs).length,
    );
  const most = Math.max(0, ...perPhase);
  return [
    {
      what: 'one token for each revocation',
      isGood: good.length <= revocations && good.length + missedCalls >= revocations,
      found: `${good.length} for ${revocations} revocations, outside of outages`,
    },
    {
      what: `at most ${MOST_FAILURES} wrong secrets for one writing, ten an hour`,
      isGood: most <= MOST_FAILURES && refused.length <= 2 * MOST_FAILURES,
      found: `${most} at most, ${refused.length} in all`,
    },
  ];
}

function eventVerdicts(
  { events }: Monitor,
  { people, signIns }: World,
  { renamed }: Changes,
): Verdict[] {
  const count = (type: string, userid: string) => events.get(`${type} ${userid}`)?.size ?? 0;
  const lost = [...signIns.byUserid].filter(
    ([userid, times]) => count('MemberSignedIn', userid) < times,
  );
  const renamedFrom = new Set(renamed.map(({ from }) => from));
  const untold = people.all.filter(({ userid, refusedFromMs }) => {
    const type = renamedFrom.has(userid) ? 'MemberChanged' : 'MemberLeft';
    return refusedFromMs !== undefined && count(type, userid) === 0;
  });
  return [
    verdict(
      'the event bus got every sign-in',
      lost.length,
      'members with fewer events than sign-ins',
    ),
    verdict('the event bus got every leaver and every rename', untold.length, 'without an event'),
  ];
}

function memoryVerdict({ name, isGood, found }: MemoryVerdict): Verdict {
  return { what: `memory is flat: ${name}`, isGood, found };
}

function verdict(what: string, bad: number, of: string): Verdict {
  return { what, isGood: bad === 0, found: `${bad} ${of}` };
}
