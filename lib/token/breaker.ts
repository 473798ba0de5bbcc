import type { Breaker } from './tokenRecord.ts';

const MINUTE = 60_000;

/**
 * Pauses after the first, second, … refused gettoken. A wrong secret bans the caller's IP for an
 * hour (document 91039), and behind one NAT address that is every function of the account.
 * Attempts fall at minutes 0, 1, 6, 21, 51 and then one an hour: never more than five in any hour.
 */
const REFUSED_PAUSES = [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 60 * MINUTE];

/** WeCom did not answer at all: asking again cannot ban us, but a storm would help nobody. */
const UNREACHABLE_PAUSE = 2_000;

/**
 * @param before the breaker as it stood when gettoken was called
 * @returns the breaker to write after gettoken failed
 */
export function openBreaker(
  before: Breaker | undefined,
  reason: Breaker['reason'],
  errcode: number,
  secretRevision: string,
  now: number,
): Breaker {
  const sameSecret = before !== undefined && before.secretRevision === secretRevision;
  const failures = sameSecret ? before.failures : 0;
  if (reason === 'unreachable') {
    return { reason, errcode, failures, openUntil: now + UNREACHABLE_PAUSE, secretRevision };
  }
  const pause = REFUSED_PAUSES[Math.min(failures, REFUSED_PAUSES.length - 1)] as number;
  return { reason, errcode, failures: failures + 1, openUntil: now + pause, secretRevision };
}

/** Whether the secret was written again since the one that failed: then it deserves a try at once. */
export function closedByNewSecret(breaker: Breaker, secretRevision: string): boolean {
  return breaker.reason === 'refused' && secretRevision > breaker.secretRevision;
}
