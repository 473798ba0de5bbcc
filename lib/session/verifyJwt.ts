import { errors, jwtVerify } from 'jose';
import type { PublicKey } from './sessionKeys.ts';

/** How far the clocks of two machines may differ. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** What a session must say; see `SessionTerms`. */
export interface Expectations {
  readonly issuer: string;
  readonly audience: string;
  readonly corpId: string;
  readonly agentId: string;
  readonly lifetimeSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly findKey: (kid: string) => Promise<PublicKey | undefined>;
}

/**
 * Verifies a session. Import it when needed, because it loads jose.
 *
 * @returns the session's member, or why the token is invalid: jose's error code, or one of ours
 * @throws what `findKey` throws
 */
export async function verifyJwt(
  token: string,
  expected: Expectations,
): Promise<{ userid: string } | string> {
  try {
    const { payload } = await jwtVerify<{ corp?: unknown; agent?: unknown }>(
      token,
      async ({ kid = '' }) => {
        const key = await expected.findKey(kid);
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key;
      },
      {
        algorithms: ['RS256'],
        typ: 'JWT',
        issuer: expected.issuer,
        audience: expected.audience,
        requiredClaims: ['sub', 'iat', 'exp', 'jti'],
        // Also makes jose refuse an `iat` in the future.
        maxTokenAge: expected.lifetimeSeconds,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(expected.now),
      },
    );
    const { sub, jti, aud, corp, agent } = payload;
    // jose checks that these exist, but not that they are texts, and accepts a list of audiences.
    if (typeof sub !== 'string' || typeof jti !== 'string' || typeof aud !== 'string') {
      return 'CLAIM_TYPE';
    }
    if (corp !== expected.corpId || agent !== expected.agentId) return 'OTHER_APP';
    return { userid: sub };
  } catch (error) {
    if (error instanceof errors.JOSEError) return error.code;
    throw error;
  }
}
