import { type Breaker, CLOCK_SKEW_MS, type StoredToken, type TokenRecord } from './tokenStore.ts';

/** What a caller that has just read the record does next. */
export type NextStep =
  | { readonly do: 'use'; readonly token: StoredToken }
  /** Claim the lease and fetch a token; with a `token`, nobody has to wait for it. */
  | { readonly do: 'renew'; readonly token?: StoredToken }
  /** Another caller is fetching one, or WeCom has no other before this one ends: read again. */
  | { readonly do: 'wait'; readonly owner?: string; readonly until: number }
  /** gettoken must not be called now. */
  | { readonly do: 'stop'; readonly breaker: Breaker };

/*
 * The life of a token:
 *
 *   obtainedAt                       soft margin         hard margin       expiresAt
 *   ├───────────── use ──────────────┼─ use, one renews ─┼────── gone ─────┤
 *
 * WeCom may repeat a token until it has ended (older copies of document 91039 say so, the current
 * one is silent). If it does so in the soft margin, the token is final: nobody asks again before
 * its end:
 *
 *   ├───────────── use ──────────────┼─ asked ── use ────────── 4 s ┼─ wait ─┤ 1 s, gone
 */

/** One caller renews the token while all others use it. */
const SOFT_MARGIN_MS = 300_000;
/** Added to the soft margin at random, so that instances do not all renew at the same time. */
const SOFT_MARGIN_JITTER_MS = 60_000;
/** The token is no longer used: a call of WeCom takes time, and clocks differ. */
const HARD_MARGIN_MS = 60_000;
/** WeCom's expiry may be this much later than ours, which counts from before the call. */
const LATE_EXPIRY_MS = 1_000;

/** This many rejected tokens within the window are replaced at once. */
export const FREE_REJECTIONS = 3;
const REJECTION_WINDOW_MS = 300_000;
/**
 * After the free ones, or if gettoken returned the rejected token: at most one gettoken in this time
 * for rejected tokens. Meanwhile sign-ins fail with WeCom's errcode, so it is also the longest
 * recovery time once WeCom accepts tokens again.
 */
export const REJECTION_PAUSE_MS = 30_000;

/**
 * Decides what a caller does next, from the record and the time alone.
 *
 * | token        | lease live | breaker open | neither   |
 * | ------------ | ---------- | ------------ | --------- |
 * | good         | use        | use          | use       |
 * | soft margin  | use        | use          | use+renew |
 * | gone         | wait       | stop         | renew     |
 *
 * Only times are compared, because DynamoDB may delete an item long after its TTL.
 *
 * @param now milliseconds since the epoch
 * @param rejected the token that WeCom rejected, if any: it counts as gone, but only if it is still
 *   the stored one, and within the limits above
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
  const mayReplace = stored?.value === rejected && mayReplaceRejected(record, now);
  if (stored && isUsable(stored, now) && !mayReplace) {
    const renew = isSoft(stored, now, jitter) && !leased && !open;
    return renew ? { do: 'renew', token: stored } : { do: 'use', token: stored };
  }
  if (leased) return { do: 'wait', owner: leased.owner, until: leased.until };
  if (open) return { do: 'stop', breaker: open };
  const end = stored && !mayReplace && isFinalToken(stored) ? stored.expiresAt + LATE_EXPIRY_MS : 0;
  return end > now ? { do: 'wait', until: end } : { do: 'renew' };
}

/** Whether the token is before its hard margin. @param now milliseconds since the epoch */
export function isUsable(token: StoredToken, now: number): boolean {
  return now < token.expiresAt - hardMarginMs(token);
}

/**
 * Whether the token is in its soft margin and can be renewed.
 *
 * @param now milliseconds since the epoch
 * @param jitter 0 to 1, this instance's own
 */
export function isSoft(token: StoredToken, now: number, jitter: number): boolean {
  const marginMs = Math.min(SOFT_MARGIN_MS + jitter * SOFT_MARGIN_JITTER_MS, lifetimeMs(token) / 4);
  return now >= token.expiresAt - marginMs && !isFinalToken(token);
}

function mayReplaceRejected({ token, rejections = [] }: TokenRecord, now: number): boolean {
  if (now < (token?.reissuedAt ?? 0) + REJECTION_PAUSE_MS) return false;
  const first = rejections.at(-FREE_REJECTIONS);
  if (first === undefined || now >= first + REJECTION_WINDOW_MS) return true;
  return now >= (rejections.at(-1) ?? 0) + REJECTION_PAUSE_MS;
}

/** The margin shrinks with the lifetime, so that a token of a few minutes can be used. */
function hardMarginMs(token: StoredToken): number {
  if (isFinalToken(token)) return CLOCK_SKEW_MS;
  return Math.min(HARD_MARGIN_MS, Math.max(CLOCK_SKEW_MS, lifetimeMs(token) / 8));
}

/** Whether gettoken returned this token again near its end: WeCom has no other until then. */
function isFinalToken({ repeatedAt, expiresAt }: StoredToken): boolean {
  return (
    repeatedAt !== undefined && repeatedAt >= expiresAt - SOFT_MARGIN_MS - SOFT_MARGIN_JITTER_MS
  );
}

function lifetimeMs(token: StoredToken): number {
  return token.expiresAt - token.obtainedAt;
}
