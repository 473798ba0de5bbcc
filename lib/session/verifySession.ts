import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import { isUserid } from '../wecom/userid.ts';
import type { PublishedKeySet } from './publishedKeySet.ts';
import type { PublicKey } from './sessionKeys.ts';
import type { SessionTerms } from './sessions.ts';

/**
 * Who a bearer token says is asking; nothing when it does not hold.
 *
 * @throws only where our own keys cannot be had: ParameterUnavailable, ConfigurationError
 */
export type Authenticate = (
  bearerToken: string,
  invocation: Invocation,
) => Promise<{ userid: string } | undefined>;

/** Ours have about 800; API Gateway lets 10 kB of headers through. */
const TOKEN_CHARACTERS = 4_096;
/** A key that nobody has published may be newer than what is remembered: SSM is asked, but not by every forger. */
const LOOK_AGAIN = 30_000;

/** Checks algorithm, key id, signature, issuer, audience, corp, agent and all three times. */
export function createVerifySession(
  terms: SessionTerms,
  publishedKeySet: PublishedKeySet,
  clock: Clock,
): Authenticate {
  let lookedAt = Number.NEGATIVE_INFINITY;

  return async function verifySession(bearerToken, invocation) {
    if (bearerToken.length > TOKEN_CHARACTERS) return undefined;
    const { verifyJwt } = await import('./verifyJwt.ts');
    const result = await verifyJwt(bearerToken, {
      ...terms,
      now: clock.now(),
      findKey: (kid) => findKey(kid, invocation),
    });
    if (typeof result === 'string') {
      invocation.log.info('A session is refused', { refusal: result });
      return undefined;
    }
    return isUserid(result.userid) ? result : undefined;
  };

  async function findKey(kid: string, invocation: Invocation): Promise<PublicKey | undefined> {
    const { keys } = await publishedKeySet(invocation);
    const key = keys.find((each) => each.kid === kid);
    if (key || clock.now() < lookedAt + LOOK_AGAIN) return key;
    lookedAt = clock.now();
    const newest = await publishedKeySet(invocation, { fresh: true });
    return newest.keys.find((each) => each.kid === kid);
  }
}
