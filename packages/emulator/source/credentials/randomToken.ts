import { randomBytes } from 'node:crypto';

/** Random characters of the base64url alphabet: the look of WeCom's tokens, codes and tickets. */
export function randomToken(length: number): string {
  return randomBytes(Math.ceil((length * 3) / 4))
    .toString('base64url')
    .slice(0, length);
}
