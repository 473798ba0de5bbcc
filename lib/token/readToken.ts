import { WecomBadBody } from '../wecom/errors.ts';
import type { WecomAnswer } from '../wecom/read.ts';
import type { StoredToken } from './tokenStore.ts';

/** "Normally 7200 seconds" (document 91039). A longer lifetime is cut to this. */
const LONGEST_LIFE_SECONDS = 7_200;
export const LONGEST_LIFE_MS = LONGEST_LIFE_SECONDS * 1_000;
/** A shorter life causes frequent renewals, and a log line. */
const SHORT_LIFE_SECONDS = 600;
/** A token with a shorter life is not used. */
const SHORTEST_LIFE_MS = 10_000;
/** The longest token (document 91039). */
const MAX_TOKEN_BYTES = 512;

/**
 * Reads gettoken's answer.
 *
 * @param askedAt when gettoken was called, milliseconds since the epoch: the token's life is counted
 *   from before the call, not after it
 * @param previous the token to be replaced. WeCom may answer with it again, with its whole life or
 *   with what is left of it; its life does not begin anew (undocumented, seen in the field)
 * @param onOdd called with the reason, in words, if the answer is usable but odd
 * @throws WecomBadBody when there is no usable token in it; the token is never in the error
 */
export function readToken(
  answer: WecomAnswer,
  askedAt: number,
  previous: StoredToken | undefined,
  onOdd: (reason: string) => void,
): StoredToken {
  const { access_token: value } = answer;
  if (
    typeof value !== 'string' ||
    !/^[\x21-\x7e]+$/.test(value) ||
    value.length > MAX_TOKEN_BYTES
  ) {
    throw unusable('access_token is absent, empty, over 512 bytes, or not printable ASCII');
  }
  const seconds = readSeconds(answer['expires_in']);
  const lifeMs = Math.min(seconds * 1_000, LONGEST_LIFE_MS);
  const token = { value, obtainedAt: askedAt, expiresAt: askedAt + lifeMs };
  if (seconds > LONGEST_LIFE_SECONDS) onOdd('expires_in is over 7200 s: taken as 7200 s');
  if (previous?.value === value) return repeated(previous, token, askedAt);
  if (lifeMs < SHORTEST_LIFE_MS) throw unusable('expires_in is too short for the token to be used');
  if (seconds < SHORT_LIFE_SECONDS) onOdd('expires_in is short: the margins shrink with it');
  return token;
}

/** Digits in a text count as the number. */
function readSeconds(value: unknown): number {
  const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof seconds === 'number' && seconds > 0) return seconds;
  throw unusable('expires_in is absent, not a number, or not above zero');
}

function repeated(previous: StoredToken, token: StoredToken, askedAt: number): StoredToken {
  if (previous.expiresAt > askedAt) {
    const expiresAt = Math.min(previous.expiresAt, token.expiresAt);
    return { ...previous, expiresAt, repeatedAt: askedAt };
  }
  // WeCom returns the token after its known end: accepted, but not again and again.
  const wasShort = previous.expiresAt - previous.obtainedAt < SHORTEST_LIFE_MS;
  if (wasShort && token.expiresAt - askedAt < SHORTEST_LIFE_MS) {
    throw unusable('access_token is repeated again and again, each time about to expire');
  }
  return { ...previous, ...token, repeatedAt: askedAt };
}

function unusable(reason: string): WecomBadBody {
  return new WecomBadBody('gettoken gave no usable token', { api: 'gettoken', reason });
}
