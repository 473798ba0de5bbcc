import { createHash } from 'node:crypto';

/** Whether it has 43 to 128 unreserved characters (RFC 7636 §4.1). */
export function isVerifier(text: string): boolean {
  return /^[\w.~-]{43,128}$/.test(text);
}

/** Whether S256 can have made it: 32 bytes in base64url, without padding. */
export function isChallenge(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

/** The challenge of a verifier (RFC 7636 §4.2). Codes and states are stored in this form too. */
export function s256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const STATE_LENGTH = 32;
/** Bytes from this multiple of 62 on are skipped: they would make some letters more likely. */
const UNFAIR_BYTE = 256 - (256 % ALPHABET.length);

export type RandomBytes = (count: number) => Uint8Array;

/**
 * A new state: 32 random alphanumerics, 190 bits. WeCom promises to carry at most 128 of a-zA-Z0-9
 * (document 91022).
 */
export function newState(randomBytes: RandomBytes): string {
  let state = '';
  while (state.length < STATE_LENGTH) {
    for (const byte of randomBytes(STATE_LENGTH - state.length)) {
      if (byte < UNFAIR_BYTE) state += ALPHABET[byte % ALPHABET.length];
    }
  }
  return state;
}

/** Whether `newState` can have made it. */
export function isState(text: string): boolean {
  return text.length === STATE_LENGTH && /^[0-9A-Za-z]+$/.test(text);
}
