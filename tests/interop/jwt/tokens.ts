import { createHmac, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { decodeJwt, decodeProtectedHeader, importJWK, type JWTPayload, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { newSessionKey } from '../../../commands/sessionKeys/rotation.ts';
import type { SessionKey } from '../../../lib/session/sessionKeys.ts';
import { Browser } from '../../harness/browser.ts';
import { listen } from '../../harness/listen.ts';
import { discover, signInByBrowser } from '../../harness/openidSignIn.ts';
import { MEMBERS, type Started } from '../../relyingParties/provider.ts';
import type { Case } from '../program.ts';
import { portOf } from '../stack.ts';

export type Kind = 'session' | 'id token' | 'logout token';

/** A token, and what a program must say of it. */
export interface TokenCase extends Case {
  readonly kind: Kind;
  readonly audience: string;
  /** Empty but for an ID token. */
  readonly nonce: string;
  readonly token: string;
}

interface Real {
  readonly token: string;
  readonly nonce: string;
}

const CLIENT_ID = 'jwt-trial';
const HOUR_SECONDS = 3_600;
const LOGOUT_TIMEOUT_MS = 30_000;
const SESSION_KEYS_PARAMETER = '/wecom-auth/local/session-keys';

/** @returns real tokens of the stack of each kind, and altered ones that must be refused */
export async function tokenCases(provider: Started): Promise<TokenCase[]> {
  const key = await signingKey(provider);
  const real: Record<Kind, Real> = {
    session: { token: await provider.signIn(MEMBERS.withEmail), nonce: '' },
    ...(await openidTokens(provider)),
  };
  const cases: TokenCase[] = [];
  for (const kind of Object.keys(real) as Kind[]) {
    const { token, nonce } = real[kind];
    const audience = String(decodeJwt(token).aud);
    const add = (name: string, other: string, isValid = false, ownNonce = nonce) =>
      cases.push({
        ...{ name: `${kind}: ${name}`, kind, audience, nonce: ownNonce },
        ...{ token: other, isValid },
      });
    add('a real one', token, true);
    for (const [name, make] of Object.entries(ALTERED)) add(name, await make(token, key));
    if (kind === 'id token') add('with the nonce of another sign-in', token, false, 'another');
    for (const other of Object.keys(real) as Kind[]) {
      if (other !== kind) add(`a ${other} in its place`, real[other].token);
    }
  }
  return cases;
}

/** Signs a member in and out of an application of OpenID Connect. */
async function openidTokens(provider: Started): Promise<Record<'id token' | 'logout token', Real>> {
  const receiver = createServer();
  const { url, close } = await listen(receiver);
  try {
    const redirectUri = `${url}/callback`;
    const client = await provider.addClient({
      id: CLIENT_ID,
      redirectUri,
      backchannelLogoutUri: `${url}/logout`,
    });
    const configuration = await discover(provider.issuer, client);
    const { address, checks } = await signInByBrowser(
      configuration,
      new Browser(),
      provider.wecomUrl,
      MEMBERS.withEmail,
      { redirect_uri: redirectUri },
    );
    const tokens = await oidc.authorizationCodeGrant(configuration, address, checks);
    const received = receiveLogout(receiver);
    await provider.endSessions(MEMBERS.withEmail);
    return {
      'id token': { token: tokens.id_token ?? '', nonce: String(checks.expectedNonce) },
      'logout token': { token: await received, nonce: '' },
    };
  } finally {
    await close();
  }
}

async function receiveLogout(receiver: ReturnType<typeof createServer>): Promise<string> {
  const signal = AbortSignal.timeout(LOGOUT_TIMEOUT_MS);
  const [request, response] = await once(receiver, 'request', { signal });
  const token = new URLSearchParams(await text(request)).get('logout_token');
  response.end();
  return token ?? '';
}

/** The private key of the running stack, with which a thief or a mistaken issuer would sign. */
async function signingKey(provider: Started): Promise<SessionKey> {
  const endpoint = `http://127.0.0.1:${portOf(provider, 502)}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const ssm = new SSMClient({ endpoint, region: 'local', credentials });
  try {
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: SESSION_KEYS_PARAMETER, WithDecryption: true }),
    );
    return JSON.parse(Parameter?.Value ?? '').keys[0];
  } finally {
    ssm.destroy();
  }
}

type Alter = (token: string, key: SessionKey) => string | Promise<string>;

/** Signs the token again, with other claims. */
async function withClaims(token: string, key: SessionKey, claims: JWTPayload = {}, kid = key.kid) {
  return signed(token, key, { ...decodeJwt(token), ...claims }, kid);
}

async function signed(token: string, key: SessionKey, claims: JWTPayload, kid = key.kid) {
  const header = { ...decodeProtectedHeader(token), alg: 'RS256', kid };
  return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK({ ...key }, 'RS256'));
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Tokens that differ from a real one in one thing. */
const ALTERED: Readonly<Record<string, Alter>> = {
  'of another issuer': (token, key) => withClaims(token, key, { iss: 'https://login.example.com' }),
  'for another audience': (token, key) => withClaims(token, key, { aud: 'another-application' }),
  expired: (token, key) => {
    const now = Math.floor(Date.now() / 1_000);
    return withClaims(token, key, { iat: now - 2 * HOUR_SECONDS, exp: now - HOUR_SECONDS });
  },
  'without an end': (token, key) => {
    const { exp: _, ...endless } = decodeJwt(token);
    return signed(token, key, endless);
  },
  'signed by another key with the same id': async (token, { kid }) =>
    withClaims(token, (await newSessionKey()) as SessionKey, {}, kid),
  'signed by a key with an unknown id': async (token) =>
    withClaims(token, (await newSessionKey()) as SessionKey),
  'with the alg none': (token) =>
    `${part({ ...decodeProtectedHeader(token), alg: 'none' })}.${token.split('.')[1]}.`,
  'signed with the public key as a secret': (token, { kty, n, e }) => {
    const publicKey = createPublicKey({ key: { kty, n, e }, format: 'jwk' });
    const pem = publicKey.export({ format: 'pem', type: 'spki' });
    const header = part({ ...decodeProtectedHeader(token), alg: 'HS256' });
    const input = `${header}.${token.split('.')[1]}`;
    return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
  },
  'with claims that were not signed': (token) => {
    const [header, , signature] = token.split('.');
    return `${header}.${part({ ...decodeJwt(token), sub: 'lisi' })}.${signature}`;
  },
  'without its signature': (token) => `${token.split('.').slice(0, 2).join('.')}.`,
};
