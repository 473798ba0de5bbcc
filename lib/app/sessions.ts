import { type Authenticate, type SessionParts, SessionVerifier } from '../session/sessions.ts';
import type { Base } from './base.ts';

/** The parts that issue, publish and check sessions. They need neither DynamoDB nor WeCom. */
export function sessionParts({ clock, configuration, parameter }: Base): SessionParts {
  const { sessionIssuer, sessionAudience, sessionSeconds, corpId, agentId, sessionKeysParameter } =
    configuration();
  return {
    terms: {
      issuer: sessionIssuer,
      audience: sessionAudience,
      corpId,
      agentId,
      lifetimeSeconds: sessionSeconds,
    },
    keys: parameter(sessionKeysParameter),
    clock,
  };
}

export function createSessionVerifier(base: Base): Authenticate {
  return new SessionVerifier(sessionParts(base)).authenticate;
}
