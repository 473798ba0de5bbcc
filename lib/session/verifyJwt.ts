import { errors, jwtVerify } from 'jose';
import type { PublicKey } from './sessionKeys.ts';

/** By how much the clocks of two machines may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** What a session of ours says; see `SessionTerms`. */
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
 * In a file of its own, imported when it is needed: it loads jose.
 *
 * @returns whose session it is, or why it is none
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
    // jose checks that these are there, but not that they are texts, and takes a list of audiences.
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
