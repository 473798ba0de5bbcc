import type { App } from '../directory/types.ts';
import type { Behaviour } from '../options.ts';
import { randomToken } from './randomToken.ts';

export interface AccessToken {
  value: string;
  agentid: number;
  /** Milliseconds. */
  expiresAt: number;
  readonly revoked: boolean;
}

export interface AccessTokens {
  /** One token per app secret; what a repeated call gets is `repeatGettoken` (document 91039). */
  issue(app: App): { access_token: string; expires_in: number };
  /** `unknown` includes a token that WeCom revoked early. */
  find(value: string): { state: 'valid' | 'expired'; agentid: number } | { state: 'unknown' };
  /**
   * Revokes tokens early, as WeCom may (document 91039). Without an agentid: those of every app.
   *
   * @returns how many
   */
  revoke(agentid?: number): number;
}

const MAX_KEPT = 10_000;

export function accessTokens(
  clock: () => number,
  behaviour: Behaviour,
  tokens: Map<string, AccessToken>,
): AccessTokens {
  function current(agentid: number): AccessToken | undefined {
    const now = clock();
    return [...tokens.values()]
      .reverse()
      .find((token) => token.agentid === agentid && !token.revoked && token.expiresAt > now);
  }

  function create(agentid: number): AccessToken {
    const token = {
      value: randomToken(behaviour.tokenLength),
      agentid,
      expiresAt: clock() + behaviour.tokenLifetimeSeconds * 1000,
      revoked: false,
    };
    tokens.set(token.value, token);
    const [oldest] = tokens.keys();
    if (tokens.size > MAX_KEPT && oldest !== undefined) tokens.delete(oldest);
    return token;
  }

  return {
    issue(app) {
      const known = behaviour.repeatGettoken === 'same' ? current(app.agentid) : undefined;
      const token = known ?? create(app.agentid);
      const remaining = Math.ceil((token.expiresAt - clock()) / 1000);
      const full = known === undefined || behaviour.repeatExpiresIn === 'full';
      return {
        access_token: token.value,
        expires_in: full ? behaviour.tokenLifetimeSeconds : remaining,
      };
    },

    find(value) {
      const token = tokens.get(value);
      if (token === undefined || token.revoked) return { state: 'unknown' };
      const state = token.expiresAt > clock() ? 'valid' : 'expired';
      return { state, agentid: token.agentid };
    },

    revoke(agentid) {
      const now = clock();
      const hit = [...tokens.values()].filter(
        (token) =>
          !token.revoked &&
          token.expiresAt > now &&
          (agentid === undefined || token.agentid === agentid),
      );
      for (const token of hit) tokens.set(token.value, { ...token, revoked: true });
      return hit.length;
    },
  };
}
