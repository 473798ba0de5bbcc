import type { WecomAnswer } from '../wecom/client.ts';
import { WecomBadBody } from '../wecom/errors.ts';
import { SHORTEST_LIFE } from './storedToken.ts';
import type { StoredToken } from './tokenRecord.ts';

/** "Normally 7200 seconds" (document 91039); a longer promise is not believed. */
const LONGEST_LIFE_SECONDS = 7_200;
/** Below this the token is renewed all the time: worth a line in the log. */
const SHORT_LIFE_SECONDS = 600;
/** Document 91039. */
const TOKEN_BYTES = 512;

/**
 * What of gettoken's answer can be trusted.
 *
 * @param askedAt milliseconds; the token's life is counted from before the call, not after it
 * @param previous the token that was to be replaced. WeCom may answer with it again, with its whole
 *   life or with what is left of it; its life does not begin anew (undocumented, seen in the field)
 * @param onOdd told, in words, when the answer was usable but odd
 * @throws WecomBadBody when there is no usable token in it; the token is never in the error
 */
export function readToken(
  answer: WecomAnswer,
  askedAt: number,
  previous: StoredToken | undefined,
  onOdd: (reason: string) => void,
): StoredToken {
  const { access_token: value, expires_in: seconds } = answer;
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value) || value.length > TOKEN_BYTES) {
    throw bad('access_token is absent, empty, over 512 bytes, or not printable ASCII');
  }
  if (typeof seconds !== 'number' || !(seconds > 0)) {
    throw bad('expires_in is absent, not a number, or not above zero');
  }
  const life = Math.min(seconds, LONGEST_LIFE_SECONDS) * 1_000;
  const token = { value, obtainedAt: askedAt, expiresAt: askedAt + life };
  if (seconds > LONGEST_LIFE_SECONDS) onOdd('expires_in is over 7200 s: taken as 7200 s');
  if (previous?.value === value) return repeated(previous, token, askedAt);
  if (life < SHORTEST_LIFE) throw bad('expires_in is too short for the token to be used');
  if (seconds < SHORT_LIFE_SECONDS) onOdd('expires_in is short: the margins shrink with it');
  return token;
}

function repeated(previous: StoredToken, token: StoredToken, askedAt: number): StoredToken {
  // Its old end has passed and WeCom gives it still: then WeCom knows better, but not for ever.
  const known = previous.expiresAt > askedAt;
  if (known) {
    const expiresAt = Math.min(previous.expiresAt, token.expiresAt);
    return { ...previous, expiresAt, repeatedAt: askedAt };
  }
  const wasRest = previous.expiresAt - previous.obtainedAt < SHORTEST_LIFE;
  if (wasRest && token.expiresAt - askedAt < SHORTEST_LIFE) {
    throw bad('access_token is repeated again and again, each time about to expire');
  }
  return { ...token, repeatedAt: askedAt };
}

function bad(reason: string): WecomBadBody {
  return new WecomBadBody('gettoken gave no usable token', { api: 'gettoken', reason });
}
