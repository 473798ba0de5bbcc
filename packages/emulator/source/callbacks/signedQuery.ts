import { randomInt } from 'node:crypto';
import { signature } from './signature.ts';

/**
 * The query that signs an encrypted text (document 90968). As text, it has +, / and = percent-encoded, as
 * WeCom's has.
 *
 * @param now milliseconds since the epoch
 * @param more further parameters, such as the echostr of a URL verification
 */
export function signedQuery(
  token: string,
  encrypted: string,
  now: number,
  more: Readonly<Record<string, string>> = {},
): URLSearchParams {
  const timestamp = String(Math.floor(now / 1000));
  const nonce = String(randomInt(1_000_000_000, 2_000_000_000));
  const msg_signature = signature(token, timestamp, nonce, encrypted);
  return new URLSearchParams({ msg_signature, timestamp, nonce, ...more });
}
