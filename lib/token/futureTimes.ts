import { breakerWithoutFutureTimes } from './breaker.ts';
import { LONGEST_LIFE_MS } from './readToken.ts';
import { CLOCK_SKEW_MS, LEASE_MS, type TokenRecord } from './tokenStore.ts';

/**
 * The record without what only an instance whose clock is far ahead can have written: times that are
 * further in the future than any code sets them. A token or a lease with such a time counts as absent,
 * and such a rejection too: each costs one gettoken at most.
 *
 * A clock that is ahead shows only until its time has come.
 */
export function withoutFutureTimes(record: TokenRecord, now: number): TokenRecord {
  const isPossible = (time = 0) => time <= now + CLOCK_SKEW_MS;
  const { token, lease, breaker, rejections } = record;
  const isToken =
    token &&
    [token.obtainedAt, token.expiresAt - LONGEST_LIFE_MS, token.repeatedAt, token.reissuedAt].every(
      isPossible,
    );
  return {
    ...record,
    token: isToken ? token : undefined,
    lease: lease && isPossible(lease.until - LEASE_MS) ? lease : undefined,
    breaker: breaker && breakerWithoutFutureTimes(breaker, now),
    rejections: rejections?.filter(isPossible),
  };
}
