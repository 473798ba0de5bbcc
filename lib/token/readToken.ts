import { WecomBadBody } from '../wecom/errors.ts';
import type { WecomAnswer } from '../wecom/read.ts';
import type { TokenKind } from './tokenKind.ts';
import type { StoredToken } from './tokenStore.ts';

/** "Normally 7200 seconds" (documents 91039 and 96909). A longer lifetime is cut to this. */
const LONGEST_LIFE_SECONDS = 7_200;
export const LONGEST_LIFE_MS = LONGEST_LIFE_SECONDS * 1_000;
/** A shorter life causes frequent renewals, and a log line. */
const SHORT_LIFE_SECONDS = 600;
/** A token with a shorter life is not used. */
const SHORTEST_LIFE_MS = 10_000;
/** The longest access_token (document 91039). A ticket has 86 characters in document 96909's example. */
const MAX_TOKEN_BYTES = 512;

/**
 * Reads the answer of the endpoint that issues a kind of token.
 *
 * @param askedAt when it was called, milliseconds since the epoch: the token's life is counted
 *   from before the call, not after it
 * @param previous the token to be replaced. WeCom may answer with it again, with its whole life or
 *   with what is left of it; its life does not begin anew (undocumented, seen in the field)
 * @param onOdd called with the reason, in words, if the answer is usable but odd
 * @throws WecomBadBody when there is no usable token in it; the token is never in the error
 */
export function readToken(
  { api, field }: Pick<TokenKind, 'api' | 'field'>,
  answer: WecomAnswer,
  askedAt: number,
  previous: StoredToken | undefined,
  onOdd: (reason: string) => void,
): StoredToken {
  const unusable = (reason: string) =>
    new WecomBadBody(`${api} gave no usable token`, { api, reason });
  const { [field]: value } = answer;
  if (
    typeof value !== 'string' ||
    !/^[\x21-\x7e]+$/.test(value) ||
    value.length > MAX_TOKEN_BYTES
  ) {
    throw unusable(`${field} is absent, empty, over 512 bytes, or not printable ASCII`);
  }
  const seconds = secondsOf(answer['expires_in']);
  if (seconds === undefined) {
    throw unusable('expires_in is absent, not a number, or not above zero');
  }
  const lifeMs = Math.min(seconds * 1_000, LONGEST_LIFE_MS);
  const token = { value, obtainedAt: askedAt, expiresAt: askedAt + lifeMs };
  if (seconds > LONGEST_LIFE_SECONDS) onOdd('expires_in is over 7200 s: taken as 7200 s');
  if (previous?.value === value) {
    const again = repeated(previous, token, askedAt);
    if (again) return again;
    throw unusable(`${field} is repeated again and again, each time about to expire`);
  }
  if (lifeMs < SHORTEST_LIFE_MS) throw unusable('expires_in is too short for the token to be used');
  if (seconds < SHORT_LIFE_SECONDS) onOdd('expires_in is short: the margins shrink with it');
  return token;
}

/** Digits in a text count as the number. */
function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && seconds > 0 ? seconds : undefined;
}

/** @returns nothing if WeCom has returned it after its known end before */
function repeated(
  previous: StoredToken,
  token: StoredToken,
  askedAt: number,
): StoredToken | undefined {
  if (previous.expiresAt > askedAt) {
    const expiresAt = Math.min(previous.expiresAt, token.expiresAt);
    return { ...previous, expiresAt, repeatedAt: askedAt };
  }
  // WeCom returns the token after its known end: accepted, but not again and again.
  const wasShort = previous.expiresAt - previous.obtainedAt < SHORTEST_LIFE_MS;
  if (wasShort && token.expiresAt - askedAt < SHORTEST_LIFE_MS) return undefined;
  return { ...previous, ...token, repeatedAt: askedAt };
}
