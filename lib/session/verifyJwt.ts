import { errors, jwtVerify } from 'jose';
import type { PublicKey } from './sessionKeys.ts';
import type { SessionTerms } from './sessions.ts';
import { CLOCK_TOLERANCE_SECONDS, SESSION_SECONDS } from './times.ts';

export interface Expectations extends SessionTerms {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly findKey: (kid: string) => Promise<PublicKey | undefined>;
}

/**
 * Apart from its callers, who import it when they need it: it brings jose with it.
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
        // Also what makes jose refuse an `iat` in the future.
        maxTokenAge: SESSION_SECONDS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(expected.now),
      },
    );
    if (payload.corp !== expected.corpId || payload.agent !== expected.agentId) return 'OTHER_APP';
    return { userid: payload.sub ?? '' };
  } catch (error) {
    if (error instanceof errors.JOSEError) return error.code;
    throw error;
  }
}
