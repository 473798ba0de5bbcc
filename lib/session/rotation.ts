import { REMEMBERED } from '../parameters/parameter.ts';
import { publishedKeys, type SessionKey, type SessionKeySet } from './sessionKeys.ts';
import { CLOCK_TOLERANCE_SECONDS, SESSION_SECONDS } from './times.ts';

export type NewKey = Omit<SessionKey, 'nbf' | 'exp'>;

/** The key set with this key alone, which signs at once. */
export function firstKey(newKey: NewKey, now: number): SessionKeySet {
  return { keys: [{ ...newKey, nbf: now }] };
}

/**
 * The key set after a rotation. All times in seconds since the epoch.
 *
 * ```text
 *   old  ──── signs ───────────────────────┐ published until its last session ended ┐ dropped
 *   new       ┌ published ─────────────────┴ signs ──────────────────────────────────────────
 *            now              now + ahead (nbf)                nbf + 5 min + 1 h (exp of old)
 * ```
 *
 * The five minutes are for a short `ahead`: for so long an instance may remember the old key alone,
 * and sign with it.
 *
 * @param ahead for how long the new key is published before it signs
 * @returns nothing while an earlier rotation is under way: its new key does not sign yet
 */
export function rotate(
  current: SessionKeySet,
  newKey: NewKey,
  now: number,
  ahead: number,
): SessionKeySet | undefined {
  if (current.keys.some((key) => key.nbf > now)) return undefined;
  const nbf = now + ahead;
  const exp = nbf + REMEMBERED / 1_000 + SESSION_SECONDS + CLOCK_TOLERANCE_SECONDS;
  const older = publishedKeys(current, now).map((key) => ({ ...key, exp: key.exp ?? exp }));
  return { keys: [...older, { ...newKey, nbf }] };
}
