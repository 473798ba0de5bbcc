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
