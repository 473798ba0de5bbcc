import type { Breaker } from './tokenRecord.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/*
 * A wrong secret bans the caller's IP for an hour (document 91039), and behind one NAT address that
 * is every function of the account. So gettoken fails at most five times in any hour with one
 * secret. A call is counted before it is made, in the very write that takes the lease: a holder
 * that dies, or whose report is lost, has counted all the same.
 *
 *   claim            charge      counted, not yet known how it ends; a new secret counts anew
 *   gettoken failed  open        the count gets its reason and its pause
 *   gettoken worked  close       the count stays for an hour, if there were refusals
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

export interface Failure {
  readonly reason: 'refused' | 'limited' | 'unreachable' | 'no-secret';
  readonly errcode: number;
  /** Of the secret that was used; `''` for `no-secret`. */
  readonly secretRevision: string;
}

/** @returns the breaker to write together with the lease, before gettoken is called */
export function chargeCall(before: Breaker | undefined, now: number): Breaker {
  const forgotten = before?.reason === 'closed' && now >= before.calledAt + HOUR;
  const known = forgotten ? undefined : before;
  const failures = (known?.failures ?? 0) + 1;
  const pauses = known && wasRefused(known) ? REFUSED_PAUSES : UNREPORTED_PAUSES;
  return {
    reason: known && known.reason !== 'no-secret' ? known.reason : 'unreported',
    errcode: known?.errcode ?? -1,
    failures,
    since: known && known.reason !== 'closed' ? known.since : now,
    calledAt: now,
    openUntil: now + pauseAfter(failures, pauses),
    secretRevision: known?.secretRevision ?? '',
  };
}

/**
 * The same for a secret that is another than the one that failed before: its count begins anew, and
 * that too is written before the call.
 *
 * @returns nothing when the call is counted for this secret already
 */
export function chargeNewSecret(
  charged: Breaker,
  secretRevision: string,
  now: number,
): Breaker | undefined {
  if (ofSameSecret(charged, secretRevision)) return undefined;
  return { ...charged, failures: 1, openUntil: now, secretRevision };
}

/**
 * @param charged the breaker as it was written before the call
 * @returns the breaker to write after the call failed
 */
export function openBreaker(charged: Breaker, failure: Failure, now: number): Breaker {
  if (failure.reason === 'no-secret') return withoutSecret(charged, now);
  const { reason, errcode, secretRevision } = failure;
  const after = { ...charged, secretRevision };
  if (reason !== 'unreachable') {
    const openUntil = now + pauseAfter(charged.failures, REFUSED_PAUSES);
    return { ...after, reason, errcode, openUntil };
  }
  // The secret is known to be bad: this call may well have counted against us, answered or not.
  const ofNewSecret = wasRefused(charged) && charged.failures === 1;
  if (wasRefused(charged) && !ofNewSecret) {
    return { ...after, openUntil: now + pauseAfter(charged.failures, REFUSED_PAUSES) };
  }
  const pause = Math.min(Math.max(now - charged.since, SHORTEST_PAUSE), LONGEST_PAUSE);
  const uncounted = { ...after, failures: charged.failures - 1, openUntil: now + pause };
  // Of a new secret nothing is known yet, and the breaker that the old one opened is still to close.
  return ofNewSecret ? uncounted : { ...uncounted, reason, errcode };
}

/** No call was made, so none counts; others need not find out for themselves one after another. */
function withoutSecret(charged: Breaker, now: number): Breaker {
  const reason = wasRefused(charged) ? charged.reason : 'no-secret';
  const failures = charged.failures - 1;
  return { ...charged, reason, failures, openUntil: now + SHORTEST_PAUSE };
}

/**
 * @param charged the breaker as it was written before the call
 * @returns what is left of it after gettoken gave a token
 */
export function closeBreaker(charged: Breaker, now: number): Breaker | undefined {
  // No call failed of which anybody knows.
  if (charged.secretRevision === '') return undefined;
  // The count, and which secret works: others may still remember an older one.
  return { ...charged, reason: 'closed', failures: charged.failures - 1, openUntil: now };
}

/**
 * Whether this secret deserves a try at once: it was written after the one that failed, or others had
 * none that was as new.
 */
export function closedByNewSecret(breaker: Breaker, secretRevision: string): boolean {
  if (breaker.reason === 'no-secret') return secretRevision >= breaker.secretRevision;
  return wasRefused(breaker) && secretRevision > breaker.secretRevision;
}

/** Whether another secret could help. */
export function isAboutSecret(breaker: Breaker): boolean {
  return wasRefused(breaker) || breaker.reason === 'no-secret';
}

/** @returns what two breakers that do not know of each other come to */
export function stricterBreaker(
  one: Breaker | undefined,
  other: Breaker | undefined,
): Breaker | undefined {
  if (!one || !other) return one ?? other;
  if (!ofSameSecret(one, other.secretRevision) && !ofSameSecret(other, one.secretRevision)) {
    return one.secretRevision > other.secretRevision ? one : other;
  }
  const [longer, shorter] = one.openUntil > other.openUntil ? [one, other] : [other, one];
  return {
    ...longer,
    failures: Math.max(longer.failures, shorter.failures),
    secretRevision: longer.secretRevision || shorter.secretRevision,
  };
}

/** Whether WeCom has said no, so that asking again does harm. */
export function wasRefused(breaker: Breaker): boolean {
  return breaker.reason === 'refused' || breaker.reason === 'limited';
}

function ofSameSecret(breaker: Breaker, secretRevision: string): boolean {
  return breaker.secretRevision === '' || breaker.secretRevision === secretRevision;
}

function pauseAfter(failures: number, pauses: readonly number[]): number {
  return pauses[Math.min(failures, pauses.length) - 1] ?? 0;
}
