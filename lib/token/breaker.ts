import type { Breaker } from './tokenRecord.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/*
 * A wrong secret bans the caller's IP for an hour (document 91039), and behind one NAT address that
 * is every function of the account. So gettoken fails at most five times in any hour with one
 * secret. A call is counted before it is made, by a write of its own: a holder that dies, or whose
 * report is lost, has counted all the same.
 *
 *   before gettoken  charge      counted, not yet known how it ends; another secret counts anew
 *   gettoken failed  open        the count gets its reason and its pause
 *   gettoken worked  close       the count stays for an hour
 */

/** After the first, second, … refusal: calls at minutes 0, 1, 6, 21, 51, then one an hour. */
const REFUSED_PAUSES = [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 60 * MINUTE];

/**
 * After the first, second, … call that nobody reported on. The lease has kept everybody waiting
 * already, and a holder that dies now and then must cost no more than that.
 */
const UNREPORTED_PAUSES = [0, 0, 0, 30 * MINUTE, 60 * MINUTE];

/** Without an answer: as long as it has lasted so far, within these. */
const SHORTEST_PAUSE = 2 * SECOND;
const LONGEST_PAUSE = 30 * SECOND;

/** How a call of gettoken failed. */
export interface Failure {
  readonly reason: 'refused' | 'limited' | 'unreachable';
  readonly errcode: number;
}

/** @returns the breaker to write before gettoken is called with this secret */
export function chargeCall(
  before: Breaker | undefined,
  secretRevision: string,
  now: number,
): Breaker {
  const known = before && isOver(before, now) ? undefined : before;
  const counted = known?.secretRevision === secretRevision ? known.failures : 0;
  const refused = known !== undefined && counted > 0 && wasRefused(known);
  const failures = counted + 1;
  return {
    reason: refused ? known.reason : 'unreported',
    errcode: refused ? known.errcode : -1,
    failures,
    since: known && known.reason !== 'closed' ? known.since : now,
    calledAt: now,
    openUntil: now + pauseAfter(failures, refused ? REFUSED_PAUSES : UNREPORTED_PAUSES),
    secretRevision,
    announced: known?.announced ?? false,
  };
}

/**
 * @param charged the breaker as it was written before the call
 * @returns the breaker to write after the call failed
 */
export function openBreaker(charged: Breaker, { reason, errcode }: Failure, now: number): Breaker {
  const refusedUntil = now + pauseAfter(charged.failures, REFUSED_PAUSES);
  if (reason !== 'unreachable') {
    return { ...charged, reason, errcode, openUntil: refusedUntil, announced: true };
  }
  // This secret is known to be bad: the call may well have counted against us, answered or not.
  if (wasRefused(charged)) return { ...charged, openUntil: refusedUntil };
  const pause = Math.min(Math.max(now - charged.since, SHORTEST_PAUSE), LONGEST_PAUSE);
  return { ...charged, reason, errcode, failures: charged.failures - 1, openUntil: now + pause };
}

/**
 * @param charged the breaker as it was written before the call
 * @returns the breaker to write with the token that gettoken gave: the count, and which secret
 *   works, because others may still remember an older one
 */
export function closeBreaker(charged: Breaker, now: number): Breaker {
  const failures = charged.failures - 1;
  return { ...charged, reason: 'closed', errcode: -1, failures, openUntil: now, announced: false };
}

/**
 * @returns the breaker to write where SSM gave no secret. No call was made, so none counts; others
 *   need not find out for themselves one after another
 */
export function withoutSecret(before: Breaker | undefined, now: number): Breaker {
  const openUntil = now + SHORTEST_PAUSE;
  const known = before ?? { failures: 0, calledAt: 0, secretRevision: '', announced: false };
  if (before && wasRefused(before)) {
    return { ...before, openUntil: Math.max(openUntil, before.openUntil) };
  }
  return { ...known, reason: 'no-secret', errcode: -1, since: now, openUntil };
}

/**
 * Whether this secret deserves a try at once: it was written after the one that failed, or others had
 * none that was as new.
 */
export function closedByNewSecret(breaker: Breaker, secretRevision: string): boolean {
  if (breaker.reason === 'no-secret') return secretRevision >= breaker.secretRevision;
  return isAboutSecret(breaker) && secretRevision > breaker.secretRevision;
}

/** Whether another secret could help. */
export function isAboutSecret(breaker: Breaker): boolean {
  return breaker.reason !== 'unreachable' && breaker.reason !== 'closed';
}

/** @returns what two breakers that do not know of each other come to */
export function stricterBreaker(
  one: Breaker | undefined,
  other: Breaker | undefined,
): Breaker | undefined {
  if (!one || !other) return one ?? other;
  if (one.secretRevision !== other.secretRevision) {
    return one.secretRevision > other.secretRevision ? one : other;
  }
  const [later, earlier] = one.calledAt > other.calledAt ? [one, other] : [other, one];
  // A count is over an hour after its last call.
  if (later.calledAt - earlier.calledAt >= HOUR) return later;
  const failures = Math.max(one.failures, other.failures);
  // What worked last ends the pause of what failed before, but never the way to a sixth failure.
  const ended = later.reason === 'closed' && failures < REFUSED_PAUSES.length;
  return {
    ...(!ended && earlier.openUntil > later.openUntil ? earlier : later),
    failures,
    calledAt: later.calledAt,
  };
}

/** Whether WeCom has said no, so that asking again does harm. */
export function wasRefused({ reason }: Breaker): boolean {
  return reason === 'refused' || reason === 'limited';
}

/** Whether what happened before is too long ago to count. */
function isOver({ reason, calledAt }: Breaker, now: number): boolean {
  return reason === 'closed' && now >= calledAt + HOUR;
}

function pauseAfter(failures: number, pauses: readonly number[]): number {
  return pauses[Math.min(failures, pauses.length) - 1] ?? 0;
}
