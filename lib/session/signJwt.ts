import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { SessionKey } from './sessionKeys.ts';

/** Signs with RS256. Apart from verifyJwt.ts, so that a function loads only its part of jose. */
export async function signJwt(key: SessionKey, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
    .sign(await importJWK({ ...key }, key.alg));
}
