import * as v from 'valibot';
import type { TimeSource } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Parameter } from '../parameters/parameter.ts';

const base64url = v.pipe(v.string(), v.regex(/^[\w-]+$/));
const seconds = v.pipe(v.number(), v.integer());

/**
 * One signing key: a private RSA key as a JWK (RFC 7518 §6.3) with the times of its life as OpenID
 * Federation names them, in seconds since the epoch.
 */
const SessionKey = v.object({
  kty: v.literal('RSA'),
  use: v.literal('sig'),
  alg: v.literal('RS256'),
  kid: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
  n: base64url,
  e: base64url,
  d: base64url,
  p: base64url,
  q: base64url,
  dp: base64url,
  dq: base64url,
  qi: base64url,
  /** When it begins to sign. It is published earlier. */
  nbf: seconds,
  /** Until when it is published: then its last session has ended. Absent for the newest key. */
  exp: v.exactOptional(seconds),
});
export type SessionKey = v.InferOutput<typeof SessionKey>;

/** The session keys as SSM holds them, the newest last. */
const SessionKeySet = v.object({ keys: v.pipe(v.array(SessionKey), v.minLength(1)) });
export type SessionKeySet = v.InferOutput<typeof SessionKeySet>;

/** The public part of a key. */
export type PublicKey = Pick<SessionKey, 'kty' | 'use' | 'alg' | 'kid' | 'n' | 'e'>;

/** @throws ConfigurationError that quotes nothing of the text, because it is secret */
export function readSessionKeys(text: string, parameter: string): SessionKeySet {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), SessionKeySet), text);
  if (result.success) return result.output;
  throw new ConfigurationError('The session keys cannot be read', {
    parameter,
    problems: result.issues.map((issue) => v.getDotPath(issue) ?? 'not a JWKS'),
    advice: 'Restore an earlier version of the parameter, or delete it and run npm run keys.',
  });
}

/**
 * The key that signs now: the newest one whose `nbf` has passed.
 *
 * @param nowSeconds since the epoch
 */
export function signingKey(keys: SessionKeySet, nowSeconds: number): SessionKey | undefined {
  return publishedKeys(keys, nowSeconds).findLast((key) => key.nbf <= nowSeconds);
}

/**
 * The key that signs now.
 *
 * @param nowSeconds since the epoch
 * @param parameter that holds the keys, by name, for the error
 * @throws ConfigurationError if there is none
 */
export function requireSigningKey(
  keys: SessionKeySet,
  nowSeconds: number,
  parameter: string,
): SessionKey {
  const key = signingKey(keys, nowSeconds);
  if (key !== undefined) return key;
  throw new ConfigurationError('No session key may sign now', {
    parameter,
    advice: 'Run npm run keys -- rotate --stage <stage>.',
  });
}

/**
 * The keys that verifiers accept now, with their private parts.
 *
 * @param nowSeconds since the epoch
 */
export function publishedKeys({ keys }: SessionKeySet, nowSeconds: number): SessionKey[] {
  return keys.filter((key) => key.exp === undefined || nowSeconds < key.exp);
}

/**
 * The public keys that verifiers accept now, as a JWKS (RFC 7517 §5).
 *
 * @param options.fresh reads the parameter from SSM, not from the cache

 * @throws ConfigurationError, and what `Parameter.read` throws
 */
export async function publishedKeySet(
  parameter: Parameter,
  clock: TimeSource,
  invocation: Invocation,
  options?: { readonly fresh?: boolean },
): Promise<{ keys: PublicKey[] }> {
  const { value } = await parameter.read(invocation, options);
  const keys = publishedKeys(readSessionKeys(value, parameter.name), clock.now() / 1_000);
  return { keys: keys.map(({ kty, use, alg, kid, n, e }) => ({ kty, use, alg, kid, n, e })) };
}
