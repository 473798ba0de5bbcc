import type { Clock } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Parameter } from '../parameters/parameter.ts';
import { foldUserid } from '../wecom/userid.ts';
import { readSessionKeys, signingKey } from './sessionKeys.ts';
import { SESSION_SECONDS } from './times.ts';

/** As RFC 6749 §5.1 shows a token: `expires_in` in seconds from now. */
export interface Session {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
}

/** For whom sessions are, and who says so. */
export interface SessionTerms {
  readonly issuer: string;
  readonly audience: string;
  readonly corpId: string;
  readonly agentId: string;
}

/**
 * Issues the session of a sign-in. The same sign-in gives the same token, byte for byte, as long as
 * the same key signs: RS256 has no randomness, and id and time are the sign-in's own.
 *
 * @param signIn `id` becomes the `jti`; `at`, milliseconds since the epoch, the `iat`
 */
export type IssueSession = (
  userid: string,
  signIn: { readonly id: string; readonly at: number },
) => Promise<Session>;

export interface Sessions {
  /**
   * Gets the key ready.
   *
   * @throws ConfigurationError when there is none, ParameterUnavailable when SSM does not answer
   */
  prepare(invocation: Invocation): Promise<IssueSession>;
}

export function createSessions(terms: SessionTerms, keys: Parameter, clock: Clock): Sessions {
  return {
    async prepare(invocation) {
      const { value } = await keys.read(invocation);
      const key = signingKey(readSessionKeys(value, keys.name), seconds(clock.now()));
      if (key === undefined) {
        throw new ConfigurationError('No session key may sign now', {
          parameter: keys.name,
          advice: 'Run npm run keys -- rotate --stage <stage>.',
        });
      }
      const { signJwt } = await import('./signJwt.ts');
      return async (userid, { id, at }) => {
        const issuedAt = seconds(at);
        const expiresAt = issuedAt + SESSION_SECONDS;
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
        return { access_token, token_type: 'Bearer', expires_in: expiresAt - seconds(clock.now()) };
      };
    },
  };
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1_000);
