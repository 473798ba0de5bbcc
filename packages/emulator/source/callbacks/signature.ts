import { createHash } from 'node:crypto';

/** SHA-1 over the four values, sorted by byte order and joined with nothing between (document 90968). */
export function signature(
  token: string,
  timestamp: string,
  nonce: string,
  encrypted: string,
): string {
  const values = [token, timestamp, nonce, encrypted].map((value) => Buffer.from(value, 'utf8'));
  return createHash('sha1')
    .update(Buffer.concat(values.sort(Buffer.compare)))
    .digest('hex');
}
