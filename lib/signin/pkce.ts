import { createHash } from 'node:crypto';

/** RFC 7636 §4.1: 43 to 128 unreserved characters. */
export function isVerifier(text: string): boolean {
  return /^[\w.~-]{43,128}$/.test(text);
}

/** What S256 gives: 32 bytes in base64url, without padding. */
export function isChallenge(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

/** RFC 7636 §4.2: the challenge of a verifier; also how a code or a state is stored. */
export function s256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const STATE_LENGTH = 32;
/** The greatest multiple of 62 that a byte can hold: bytes above it would favour some letters. */
const FAIR = 256 - (256 % ALPHABET.length);

export type RandomBytes = (count: number) => Uint8Array;

/**
 * A new state: 32 random alphanumerics, 190 bits. WeCom promises to carry at most 128 of a-zA-Z0-9
 * (document 91022).
 */
export function newState(randomBytes: RandomBytes): string {
  let state = '';
  while (state.length < STATE_LENGTH) {
    for (const byte of randomBytes(STATE_LENGTH - state.length)) {
      if (byte < FAIR) state += ALPHABET[byte % ALPHABET.length];
    }
  }
  return state;
}

export function isState(text: string): boolean {
  return /^[0-9A-Za-z]{32}$/.test(text);
}
