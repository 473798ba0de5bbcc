import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { SessionKey } from './sessionKeys.ts';

/** A new key without its times; its id is its thumbprint (RFC 7638). */
export async function newSessionKey(): Promise<Omit<SessionKey, 'nbf' | 'exp'>> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { ...jwk, kid, use: 'sig', alg: 'RS256' } as Omit<SessionKey, 'nbf' | 'exp'>;
}
