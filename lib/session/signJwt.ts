import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { SessionKey } from './sessionKeys.ts';

/** Apart from its callers, who import it when they need it: it brings jose with it. */
export async function signJwt(key: SessionKey, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
    .sign(await importJWK({ ...key }, key.alg));
}
