import { randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Values whose two lowest bits are zero: what a strict base64 decoder wants as the last character. */
const CANONICAL = 'AEIMQUYcgkosw048';

/**
 * A random EncodingAESKey. WeCom draws all 43 characters freely, so that about three in four are not canonical
 * base64: `canonical: false` makes sure of it, `true` prevents it.
 */
export function newEncodingAESKey(canonical?: boolean): string {
  const last = [...ALPHABET].filter(
    (character) => canonical === undefined || CANONICAL.includes(character) === canonical,
  );
  return draw([...ALPHABET], 42) + draw(last, 1);
}

/** A random Token: letters and digits, at most 32. */
export function newCallbackToken(): string {
  return draw([...ALPHABET], 32);
}

function draw(alphabet: readonly string[], length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
