import type { Breaker, StoredToken, TokenRecord } from './tokenRecord.ts';

/** Within it one caller renews the token while all others go on with it. */
export const SOFT_MARGIN = 300_000;
/** So that instances do not all look at the same moment: added to the soft margin, at random. */
export const SOFT_MARGIN_JITTER = 60_000;
/** Within it the token counts as gone: an exchange with WeCom may take long and clocks differ. */
export const HARD_MARGIN = 60_000;
/** After gettoken repeated a token that was reported as refused, nobody asks for another that long. */
export const REPEATED_TOKEN_PAUSE = 60_000;

/** What a caller that has just read the record does next. */
export type NextStep =
  | { readonly do: 'use'; readonly token: StoredToken }
  /** Claim the lease and call gettoken; with a `token`, nobody has to wait for it. */
  | { readonly do: 'renew'; readonly token?: StoredToken }
  /** Another instance is calling gettoken. */
  | { readonly do: 'wait'; readonly owner: string }
  /** gettoken must not be called now. */
  | { readonly do: 'stop'; readonly breaker: Breaker };

/**
 * The token's whole life in one decision.
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
  const { lease, breaker } = record;
  const leased = lease !== undefined && lease.until > now ? lease : undefined;
  const open = breaker !== undefined && breaker.openUntil > now ? breaker : undefined;
  const token = usableToken(record.token, now, rejected);
  if (token !== undefined) {
    const renew = isSoft(token, now, jitter) && !leased && !open;
    return renew ? { do: 'renew', token } : { do: 'use', token };
  }
  if (leased) return { do: 'wait', owner: leased.owner };
  return open ? { do: 'stop', breaker: open } : { do: 'renew' };
}

/** The token if it may still be handed out, whatever the store's own TTL says. */
export function usableToken(
  token: StoredToken | undefined,
  now: number,
  rejected: string | undefined,
): StoredToken | undefined {
  if (token === undefined || now >= token.expiresAt - hardMargin(token)) return undefined;
  if (token.value !== rejected) return token;
  const justRepeated =
    token.repeatedAt !== undefined && now < token.repeatedAt + REPEATED_TOKEN_PAUSE;
  return justRepeated ? token : undefined;
}

export function isSoft(token: StoredToken, now: number, jitter: number): boolean {
  const margin = Math.min(SOFT_MARGIN + jitter * SOFT_MARGIN_JITTER, lifetime(token) / 4);
  return now >= token.expiresAt - margin;
}

// A token that lives only minutes must not be gone the moment it comes: margins shrink with it.
function hardMargin(token: StoredToken): number {
  return Math.min(HARD_MARGIN, lifetime(token) / 8);
}

function lifetime(token: StoredToken): number {
  return token.expiresAt - token.obtainedAt;
}
