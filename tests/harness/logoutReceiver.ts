import { text } from 'node:stream/consumers';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { serve } from './serve.ts';

/** What a relying party does with a logout request. */
export type Behaviour = 'accepts' | 'is down' | 'never answers' | 'redirects';

/** A relying party's back-channel logout address. */
export interface LogoutReceiver {
  readonly url: string;
  /** The logout tokens of all requests, accepted or not. */
  readonly tokens: string[];
  behaviour: Behaviour;
}

/** Listens until the test ends. */
export async function startLogoutReceiver(
  behaviour: Behaviour = 'accepts',
): Promise<LogoutReceiver> {
  const { url } = await serve(async (incoming, response) => {
    const token = new URLSearchParams(await text(incoming)).get('logout_token');
    receiver.tokens.push(token ?? '');
    if (receiver.behaviour === 'never answers') return;
    if (receiver.behaviour === 'redirects') response.setHeader('location', receiver.url);
    const status = { accepts: 200, 'is down': 503, redirects: 307 }[receiver.behaviour];
    response.writeHead(status).end('anything');
  });
  const receiver: LogoutReceiver = {
    url: `${url}/logout`,
    tokens: [],
    behaviour,
  };
  return receiver;
}

/**
 * Verifies a logout token as a relying party must (OpenID Connect Back-Channel Logout 1.0 §2.6), with
 * the issuer's published keys.
 *
 * @returns the person, the session, the token's id and its key
 */
export async function verifyLogoutToken(token: string, issuer: string, clientId: string) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer,
    audience: clientId,
    typ: 'logout+jwt',
    algorithms: ['RS256'],
    requiredClaims: ['iat', 'exp', 'jti', 'events', 'sub', 'sid'],
    maxTokenAge: 120,
  });
  const events = payload['events'] as Record<string, unknown>;
  if (!('http://schemas.openid.net/event/backchannel-logout' in events)) throw new Error('events');
  if ('nonce' in payload) throw new Error('A logout token with a nonce could pass for an ID token');
  return { sub: payload.sub, sid: payload['sid'], jti: payload.jti, kid: protectedHeader.kid };
}
