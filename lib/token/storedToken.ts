import type { StoredToken } from './tokenRecord.ts';

/** How far apart the clocks of two instances may be. */
export const CLOCK_SKEW = 4_000;
/** Within it one caller renews the token while all others go on with it. */
const SOFT_MARGIN = 300_000;
/** So that instances do not all look at the same moment: added to the soft margin, at random. */
const SOFT_MARGIN_JITTER = 60_000;
/** Within it the token counts as gone: a call of WeCom may take long and clocks differ. */
const HARD_MARGIN = 60_000;
/** A token that lives shorter than this is of no use to anybody. */
export const SHORTEST_LIFE = 10_000;
/**
 * For a report that a token was refused, gettoken is called at most once in so long. Where WeCom
 * refuses each token that it gives, or gives the refused one again, sign-ins fail with its errcode
 * meanwhile, and work again at most this long after it has come to its senses.
 */
export const REPORT_PAUSE = 30_000;
/** WeCom's expiry may come that much later than ours, which is counted from before the call. */
const LATE_EXPIRY = 1_000;

/*
 * The life of a token:
 *
 *   obtainedAt                       soft margin         hard margin       expiresAt
 *   ├───────────── use ──────────────┼─ use, one renews ─┼────── gone ─────┤
 *
 * WeCom may repeat a token until it has ended (older copies of document 91039 say that it does, the
 * current one is silent). Then the answer in the soft margin is its last word, and until the end
 * nobody asks again:
 *
 *   ├───────────── use ──────────────┼─ asked ── use ────────── 4 s ┼─ wait ─┤ 1 s, gone
 */

/** The token if it may still be handed out, whatever the store's own TTL says. */
export function usableToken(
  token: StoredToken | undefined,
  now: number,
  rejected: string | undefined,
): StoredToken | undefined {
  if (token === undefined || now >= token.expiresAt - hardMargin(token)) return undefined;
  if (token.value !== rejected) return token;
  const { reportAnsweredAt = 0 } = token;
  return now < reportAnsweredAt + REPORT_PAUSE ? token : undefined;
}

/** @param jitter 0 to 1, this instance's own */
export function isSoft(token: StoredToken, now: number, jitter: number): boolean {
  const margin = Math.min(SOFT_MARGIN + jitter * SOFT_MARGIN_JITTER, lifetime(token) / 4);
  return now >= token.expiresAt - margin && !isLastWord(token);
}

/** Until when gettoken would answer with this token, when it has no other to give; 0 if it may have. */
export function endOfLastWord(token: StoredToken): number {
  return isLastWord(token) ? token.expiresAt + LATE_EXPIRY : 0;
}

// A token that lives only minutes must not be gone the moment it comes: margins shrink with it.
function hardMargin(token: StoredToken): number {
  if (isLastWord(token)) return CLOCK_SKEW;
  return Math.min(HARD_MARGIN, Math.max(CLOCK_SKEW, lifetime(token) / 8));
}

/** Whether gettoken, asked near the token's end, had no other: there is none before it has ended. */
function isLastWord({ repeatedAt, expiresAt }: StoredToken): boolean {
  return repeatedAt !== undefined && repeatedAt >= expiresAt - SOFT_MARGIN - SOFT_MARGIN_JITTER;
}

function lifetime(token: StoredToken): number {
  return token.expiresAt - token.obtainedAt;
}
