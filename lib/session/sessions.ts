import type { TimeSource } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import type { Parameter } from '../parameters/parameter.ts';
import { foldUserid, isUserid } from '../wecom/userid.ts';
import {
  type PublicKey,
  publishedKeySet,
  readSessionKeys,
  requireSigningKey,
} from './sessionKeys.ts';

/** As RFC 6749 §5.1 shows a token: `expires_in` in seconds from now. */
export interface Session {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
}

/** What all sessions of this stage have in common. */
export interface SessionTerms {
  readonly issuer: string;
  readonly audience: string;
  readonly corpId: string;
  readonly agentId: string;
  /** How long a session lasts. There is no refresh: WeCom signs in again without a click. */
  readonly lifetimeSeconds: number;
}

export interface SessionParts {
  readonly terms: SessionTerms;
  /** The key set in SSM. */
  readonly keys: Parameter;
  readonly clock: TimeSource;
}

/**
 * Issues the session of a sign-in. While the same key signs, the same sign-in gives the same token,
 * byte for byte: RS256 has no randomness, and id and time are those of the sign-in.
 *
 * @param signIn `id` becomes the `jti`; `at`, milliseconds since the epoch, the `iat`
 */
export type IssueSession = (
  userid: string,
  signIn: { readonly id: string; readonly at: number },
) => Promise<Session>;

/**
 * Reads the signing key, so that nothing can fail once the code of a sign-in is spent.
 *
 * @throws ConfigurationError if there is no valid key, ParameterUnavailable if SSM does not answer
 */
export async function prepareSession(
  { terms, keys, clock }: SessionParts,
  invocation: Invocation,
): Promise<IssueSession> {
  const { value } = await keys.read(invocation);
  const set = readSessionKeys(value, keys.name);
  const key = requireSigningKey(set, toSeconds(clock.now()), keys.name);
  const { signJwt } = await import('./signJwt.ts');
  return async (userid, { id, at }) => {
    const issuedAt = toSeconds(at);
    const expiresAt = issuedAt + terms.lifetimeSeconds;
    const access_token = await signJwt(key, {
      iss: terms.issuer,
      sub: foldUserid(userid),
      aud: terms.audience,
      iat: issuedAt,
      exp: expiresAt,
      jti: id,
      corp: terms.corpId,
      agent: terms.agentId,
    });
    return { access_token, token_type: 'Bearer', expires_in: expiresAt - toSeconds(clock.now()) };
  };
}

const toSeconds = (milliseconds: number) => Math.floor(milliseconds / 1_000);

/**
 * Finds the member of a session.
 *
 * @returns nothing if the token is invalid
 * @throws ParameterUnavailable, ConfigurationError if the keys cannot be read
 */
export type Authenticate = (
  bearerToken: string,
  invocation: Invocation,
) => Promise<{ userid: string } | undefined>;

/** A session has about 800. API Gateway accepts 10 kB of headers. */
const MAX_TOKEN_CHARACTERS = 4_096;
/** An unknown key id may be a new key. SSM is read again for it, but not for every forged token. */
const REREAD_INTERVAL_MS = 30_000;

/** Checks algorithm, key id, signature, issuer, audience, corp, agent and all three times. */
export class SessionVerifier {
  readonly #parts: SessionParts;
  #rereadAt = Number.NEGATIVE_INFINITY;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  readonly authenticate: Authenticate = async (bearerToken, invocation) => {
    if (bearerToken.length > MAX_TOKEN_CHARACTERS) return undefined;
    const { terms, clock } = this.#parts;
    const { verifyJwt } = await import('./verifyJwt.ts');
    const result = await verifyJwt(bearerToken, {
      ...terms,
      now: clock.now(),
      findKey: (kid) => this.#findKey(kid, invocation),
    });
    if (typeof result === 'string') {
      invocation.log.info('A session is refused', { refusal: result });
      return undefined;
    }
    return isUserid(result.userid) ? result : undefined;
  };

  async #findKey(kid: string, invocation: Invocation): Promise<PublicKey | undefined> {
    const { keys: parameter, clock } = this.#parts;
    const { keys } = await publishedKeySet(parameter, clock, invocation);
    const key = keys.find((each) => each.kid === kid);
    if (key || clock.now() < this.#rereadAt + REREAD_INTERVAL_MS) return key;
    this.#rereadAt = clock.now();
    const newest = await publishedKeySet(parameter, clock, invocation, { fresh: true });
    return newest.keys.find((each) => each.kid === kid);
  }
}
