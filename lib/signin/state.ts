const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 32;
/** The greatest multiple of 62 that a byte can hold: bytes above it would favour some letters. */
const FAIR = 256 - (256 % ALPHABET.length);

export type RandomBytes = (count: number) => Uint8Array;

/**
 * A new state: 32 random alphanumerics, 190 bits, all that WeCom promises to carry (at most 128 of
 * a-zA-Z0-9, document 91022).
 */
export function newState(randomBytes: RandomBytes): string {
  let state = '';
  while (state.length < LENGTH) {
    for (const byte of randomBytes(LENGTH - state.length)) {
      if (byte < FAIR) state += ALPHABET[byte % ALPHABET.length];
    }
  }
  return state;
}

export function isState(text: string): boolean {
  return /^[0-9A-Za-z]{32}$/.test(text);
}
