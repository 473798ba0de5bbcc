import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { REMEMBERED } from '../../lib/parameters/parameter.ts';
import {
  publishedKeys,
  type SessionKey,
  type SessionKeySet,
} from '../../lib/session/sessionKeys.ts';

/**
 * How long a new key is published before it signs, in seconds: API Gateway's JWT authorizer of HTTP
 * APIs may keep keys for two hours; then what our own instances cache, and a margin.
 */
export const PUBLISHED_AHEAD_SECONDS = 9_000;

/** By how much a verifier's clock may be behind, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

export type NewKey = Omit<SessionKey, 'nbf' | 'exp'>;

/** A new key without its times; its id is its thumbprint (RFC 7638). */
export async function newSessionKey(): Promise<NewKey> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { ...jwk, kid, use: 'sig', alg: 'RS256' } as NewKey;
}

/** The key set with this key alone, which signs at once. @param now in seconds */
export function firstKey(newKey: NewKey, now: number): SessionKeySet {
  return { keys: [{ ...newKey, nbf: now }] };
}

export interface RotationTimes {
  /** Seconds since the epoch. */
  readonly now: number;
  /** For how many seconds the new key is published before it signs. */
  readonly ahead: number;
  /** How long a session of the stage lasts, in seconds. */
  readonly sessionSeconds: number;
}

/**
 * The key set after a rotation.
 *
 * ```text
 *   old  ──── signs ───────────────────────┐ published until its last session ended ┐ dropped
 *   new       ┌ published ─────────────────┴ signs ──────────────────────────────────────────
 *            now              now + ahead (nbf)           nbf + 5 min + one session (exp of old)
 * ```
 *
 * The five minutes are for a short `ahead`: for so long an instance may have only the old key in its
 * cache, and sign with it.
 *
 * @returns nothing while an earlier rotation is under way: its new key does not sign yet
 */
export function rotate(
  current: SessionKeySet,
  newKey: NewKey,
  { now, ahead, sessionSeconds }: RotationTimes,
): SessionKeySet | undefined {
  if (current.keys.some((key) => key.nbf > now)) return undefined;
  const nbf = now + ahead;
  const exp = nbf + REMEMBERED / 1_000 + sessionSeconds + CLOCK_TOLERANCE_SECONDS;
  const older = publishedKeys(current, now).map((key) => ({ ...key, exp: key.exp ?? exp }));
  return { keys: [...older, { ...newKey, nbf }] };
}
