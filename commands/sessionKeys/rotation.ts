import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { PARAMETER_TTL_MS } from '../../lib/parameters/parameter.ts';
import {
  publishedKeys,
  type SessionKey,
  type SessionKeySet,
} from '../../lib/session/sessionKeys.ts';

/**
 * How long a new key is published before it signs: API Gateway's JWT authorizer of HTTP APIs caches
 * keys for up to two hours, our instances for five minutes; the rest is a margin.
 */
export const PUBLISHED_AHEAD_SECONDS = 9_000;

/** How far a verifier's clock may be behind. */
const CLOCK_TOLERANCE_SECONDS = 5;

export type NewKey = Omit<SessionKey, 'nbf' | 'exp'>;

/** @returns a new key without times; its id is its thumbprint (RFC 7638) */
export async function newSessionKey(): Promise<NewKey> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { ...jwk, kid, use: 'sig', alg: 'RS256' } as NewKey;
}

/** @returns the key set of this key alone, which signs at once. @param now seconds since the epoch */
export function firstKey(newKey: NewKey, now: number): SessionKeySet {
  return { keys: [{ ...newKey, nbf: now }] };
}

export interface RotationTimes {
  /** Seconds since the epoch. */
  readonly now: number;
  /** How long the new key is published before it signs. */
  readonly aheadSeconds: number;
  /** How long the longest session lasts whose tokens or cookies the keys sign. */
  readonly sessionSeconds: number;
}

/**
 * The key set after a rotation.
 *
 * ```text
 *   old  ──── signs ───────────────────────┐ published until its last session ended ┐ dropped
 *   new       ┌ published ─────────────────┴ signs ──────────────────────────────────────────
 *            now           now + aheadSeconds (nbf)       nbf + 5 min + one session (exp of old)
 * ```
 *
 * The five minutes are for a short `aheadSeconds`: an instance may cache only the old key, and sign with
 * it, for that long.
 *
 * @returns nothing during an earlier rotation, whose new key does not sign yet
 */
export function rotate(
  current: SessionKeySet,
  newKey: NewKey,
  { now, aheadSeconds, sessionSeconds }: RotationTimes,
): SessionKeySet | undefined {
  if (current.keys.some((key) => key.nbf > now)) return undefined;
  const nbf = now + aheadSeconds;
  const exp = nbf + PARAMETER_TTL_MS / 1_000 + sessionSeconds + CLOCK_TOLERANCE_SECONDS;
  const older = publishedKeys(current, now).map((key) => ({ ...key, exp: key.exp ?? exp }));
  return { keys: [...older, { ...newKey, nbf }] };
}
