import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * The signature of a message: SHA-1, in lower-case hexadecimal, of the four values sorted and joined
 * with nothing between (document 90968).
 *
 * @param timestamp as it was sent, not as a number
 * @param encrypted the echostr of a URL verification, the Encrypt element of a push
 */
export function signatureOf(
  timestamp: string,
  nonce: string,
  encrypted: string,
  token: string,
): string {
  // Whatever is genuine is ASCII, where the order of UTF-16 units is the order of bytes.
  const text = [token, timestamp, nonce, encrypted].sort().join('');
  return createHash('sha1').update(text).digest('hex');
}

/** Whether a signature is WeCom's, in the same time for every one of the right form. */
export function verifySignature(
  timestamp: string,
  nonce: string,
  encrypted: string,
  token: string,
  signature: string,
): boolean {
  if (!/^[0-9a-f]{40}$/.test(signature)) return false;
  const right = signatureOf(timestamp, nonce, encrypted, token);
  return timingSafeEqual(Buffer.from(right, 'hex'), Buffer.from(signature, 'hex'));
}
