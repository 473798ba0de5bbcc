import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import type { Parameter } from '../parameters/parameter.ts';
import { type PublicKey, publicPart, publishedKeys, readSessionKeys } from './sessionKeys.ts';

/** The public keys of now, as a JWKS (RFC 7517 §5). @throws as `Parameter.read` does */
export type PublishedKeySet = (
  invocation: Invocation,
  options?: { fresh?: boolean },
) => Promise<{ keys: PublicKey[] }>;

export function createPublishedKeySet(keys: Parameter, clock: Clock): PublishedKeySet {
  return async function publishedKeySet(invocation, options) {
    const { value } = await keys.read(invocation, options);
    const now = clock.now() / 1_000;
    return { keys: publishedKeys(readSessionKeys(value, keys.name), now).map(publicPart) };
  };
}
