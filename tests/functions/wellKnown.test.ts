import { createPublicKey } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import jsonwebtoken from 'jsonwebtoken';
import { beforeAll, describe, expect, it } from 'vitest';
import { newSessionKey, rotate } from '../../commands/sessionKeys/rotation.ts';
import { proof, redeem } from '../harness/journey.ts';
import { type Instance, SESSION_KEYS_PARAMETER, type Stack, startStack } from '../harness/stack.ts';
import { storedParameter } from '../harness/storedParameter.ts';

let stack: Stack;
let api: Instance;
let token: string;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance();
  // The API is its own issuer, as it is where it is deployed; read at the first request.
  api.environment['SESSION_ISSUER'] = api.url;
  const { body } = await redeem(api.url, await proof(api.url));
  token = body.session?.access_token ?? '';
});

describe('GET /.well-known/openid-configuration', () => {
  it('says where the keys are, and may be remembered for five minutes', async () => {
    const answer = await fetch(`${api.url}/.well-known/openid-configuration`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await answer.json()).toMatchObject({
      issuer: api.url,
      jwks_uri: `${api.url}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
    });
  });
});

describe('GET /.well-known/jwks.json', () => {
  it('has the public keys and nothing private, and may be remembered for five minutes', async () => {
    const answer = await fetch(`${api.url}/.well-known/jwks.json`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    const jwks = (await answer.json()) as { keys: Record<string, string>[] };
    expect(jwks.keys).toHaveLength(1);
    expect(jwks.keys[0]).toEqual({
      kty: 'RSA',
      use: 'sig',
      alg: 'RS256',
      kid: expect.stringMatching(/^[\w-]{43}$/),
      n: expect.stringMatching(/^[\w-]{342}$/),
      e: 'AQAB',
    });
  });

  it('is 500 and remembered by nobody when the keys cannot be had', async () => {
    const settings = { SESSION_KEYS_PARAMETER: '/wecom-auth/local/none' };
    const keyless = await stack.newInstance(settings);
    const answer = await fetch(`${keyless.url}/.well-known/jwks.json`);
    expect(answer.status).toBe(500);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ code: -1, message: '获取公钥失败' });
  });
});

describe('who knows nothing but the issuer', () => {
  /** With `jsonwebtoken`, and Node's own cryptography. */
  async function verifyByDiscovery(issuer: string, bearer: string) {
    const configuration = (await (
      await fetch(`${issuer}/.well-known/openid-configuration`)
    ).json()) as { issuer: string; jwks_uri: string };
    const { keys } = (await (await fetch(configuration.jwks_uri)).json()) as {
      keys: { kid: string; kty: string; n: string; e: string }[];
    };
    const header = jsonwebtoken.decode(bearer, { complete: true })?.header;
    const jwk = keys.find(({ kid }) => kid === header?.kid);
    if (jwk === undefined) throw new Error('no such key');
    return jsonwebtoken.verify(bearer, createPublicKey({ key: jwk, format: 'jwk' }), {
      algorithms: ['RS256'],
      issuer: configuration.issuer,
      audience: 'wecom-auth',
    });
  }

  it('can check a session with another library than the one that signed it', async () => {
    expect(await verifyByDiscovery(api.url, token)).toMatchObject({
      iss: api.url,
      sub: 'user123',
      aud: 'wecom-auth',
      corp: 'ww0a1b2c3d4e5f6a7b',
      agent: '1000002',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const forged = `${token.slice(0, -4)}AAAA`;
    await expect(verifyByDiscovery(api.url, forged)).rejects.toThrow('invalid signature');
  });

  it('can check it with aws-jwt-verify', async () => {
    const verifier = JwtVerifier.create(
      { issuer: api.url, audience: 'wecom-auth', jwksUri: `${api.url}/.well-known/jwks.json` },
      {
        // Its own one insists on https.
        jwksCache: new SimpleJwksCache({
          fetcher: { fetch: async (uri) => (await fetch(uri)).arrayBuffer() },
        }),
      },
    );
    expect(await verifier.verify(token)).toMatchObject({ sub: 'user123' });
    await expect(verifier.verify(`${token.slice(0, -4)}AAAA`)).rejects.toThrow();
  });
});

describe('after a rotation', () => {
  it('old sessions still open doors, new ones are by the new key, and both keys are published', async () => {
    const { Value } = await storedParameter(stack.ssm.url, SESSION_KEYS_PARAMETER);
    const newKey = await newSessionKey();
    const now = Math.floor(Date.now() / 1_000);
    stack.ssm.put(
      SESSION_KEYS_PARAMETER,
      JSON.stringify(
        rotate(JSON.parse(Value), newKey, { now, aheadSeconds: 0, sessionSeconds: 3_600 }),
      ),
    );
    const fresh = await stack.newInstance({
      VERIFY_ACCESS: 'session',
      SESSION_ISSUER: api.url,
    });
    const { body } = await redeem(fresh.url, await proof(fresh.url));
    const newToken = body.session?.access_token ?? '';
    const kidOf = (bearer: string) => jsonwebtoken.decode(bearer, { complete: true })?.header.kid;
    expect(kidOf(newToken)).toBe(newKey.kid);
    const { keys } = (await (await fetch(`${fresh.url}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string }[];
    };
    expect(keys.map(({ kid }) => kid)).toEqual([kidOf(token), newKey.kid]);
    for (const bearer of [token, newToken]) {
      const answer = await fetch(`${fresh.url}/api/wecom/verify/user123`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
      expect(answer.status).toBe(200);
    }
  });
});
