import { endOfLastWord, isSoft, usableToken } from './storedToken.ts';
import type { Breaker, StoredToken, TokenRecord } from './tokenRecord.ts';

/** What a caller that has just read the record does next. */
export type NextStep =
  | { readonly do: 'use'; readonly token: StoredToken }
  /** Claim the lease and call gettoken; with a `token`, nobody has to wait for it. */
  | { readonly do: 'renew'; readonly token?: StoredToken }
  /** Another is calling gettoken, or WeCom has no other token before this one ends: look again. */
  | { readonly do: 'wait'; readonly owner?: string; readonly until: number }
  /** gettoken must not be called now. */
  | { readonly do: 'stop'; readonly breaker: Breaker };

/**
 * The token's whole life in one decision.
 *
 * | token        | lease live | breaker open | neither   |
 * | ------------ | ---------- | ------------ | --------- |
 * | good         | use        | use          | use       |
 * | soft margin  | use        | use          | use+renew |
 * | gone         | wait       | stop         | renew     |
 *
 * Only times are compared: what DynamoDB should have deleted by its TTL and has not counts as gone.
 *
 * @param rejected the token that WeCom refused the caller, if any: it counts as gone, but only if
 *   it is still the stored one
 * @param jitter 0 to 1, this instance's own
 */
export function nextStep(
  record: TokenRecord,
  now: number,
  rejected: string | undefined,
  jitter: number,
): NextStep {
  const { token: stored, lease, breaker } = record;
  const leased = lease !== undefined && lease.until > now ? lease : undefined;
  const open = breaker !== undefined && breaker.openUntil > now ? breaker : undefined;
  const token = usableToken(stored, now, rejected);
  if (token !== undefined) {
    const renew = isSoft(token, now, jitter) && !leased && !open;
    return renew ? { do: 'renew', token } : { do: 'use', token };
  }
  if (leased) return { do: 'wait', owner: leased.owner, until: leased.until };
  if (open) return { do: 'stop', breaker: open };
  const end = stored && stored.value !== rejected ? endOfLastWord(stored) : 0;
  return end > now ? { do: 'wait', until: end } : { do: 'renew' };
}
