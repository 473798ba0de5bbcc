import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { SessionKey } from './sessionKeys.ts';

/** Apart from verifyJwt.ts, and imported when needed: a function loads only its half of jose. */
export async function signJwt(key: SessionKey, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
    .sign(await importJWK({ ...key }, key.alg));
}
