import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { SessionKey } from './sessionKeys.ts';

/** In a file of its own, imported when it is needed: it loads jose. */
export async function signJwt(key: SessionKey, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
    .sign(await importJWK({ ...key }, key.alg));
}
