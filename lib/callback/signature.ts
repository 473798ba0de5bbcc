import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether a signature is WeCom's: SHA-1, in lower-case hexadecimal, of the four values sorted and
 * joined with nothing between (document 90968). The comparison takes the same time for every
 * signature of the right form.
 *
 * @param timestamp as it was sent, not as a number
 * @param encrypted the echostr of a URL verification, the Encrypt element of a push
 */
export function verifySignature(
  timestamp: string,
  nonce: string,
  encrypted: string,
  token: string,
  signature: string,
): boolean {
  if (!/^[0-9a-f]{40}$/.test(signature)) return false;
  // Whatever is genuine is ASCII, where the order of UTF-16 units is the order of bytes.
  const text = [token, timestamp, nonce, encrypted].sort().join('');
  return timingSafeEqual(createHash('sha1').update(text).digest(), Buffer.from(signature, 'hex'));
}
