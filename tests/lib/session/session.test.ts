import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSign,
  generateKeyPairSync,
} from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { firstKey, newSessionKey, rotate } from '../../../commands/sessionKeys/rotation.ts';
import { ParameterUnavailable } from '../../../lib/errors.ts';
import { createParameter, type Parameter } from '../../../lib/parameters/parameter.ts';
import {
  publishedKeySet,
  type SessionKey,
  type SessionKeySet,
} from '../../../lib/session/sessionKeys.ts';
import { prepareSession, SessionVerifier } from '../../../lib/session/sessions.ts';
import { signJwt } from '../../../lib/session/signJwt.ts';
import { createInvocation } from '../../harness/invocation.ts';

const TERMS = {
  issuer: 'https://login.example.com',
  audience: 'wecom-auth',
  corpId: 'ww1',
  agentId: '1000002',
  lifetimeSeconds: 3_600,
};
/** The key set after a rotation now. */
const rotated = (current: SessionKeySet, key: Parameters<typeof rotate>[1], aheadSeconds: number) =>
  rotate(current, key, { now, aheadSeconds, sessionSeconds: TERMS.lifetimeSeconds });
const START = 1_800_000_000;

let oldKey: Omit<SessionKey, 'nbf' | 'exp'>;
let newKey: Omit<SessionKey, 'nbf' | 'exp'>;
/** Seconds since the epoch. */
let now: number;
/** What SSM holds. */
let stored: SessionKeySet | string;
let reads: number;
const clock = { now: () => now * 1_000 };

beforeAll(async () => {
  [oldKey, newKey] = await Promise.all([newSessionKey(), newSessionKey()]);
});

beforeEach(() => {
  now = START;
  stored = firstKey(oldKey, START);
  reads = 0;
});

function parameter(): Parameter {
  return createParameter(
    '/wecom-auth/prod/session-keys',
    async () => {
      reads += 1;
      if (stored === 'SSM is down') throw new ParameterUnavailable('SSM did not give a parameter');
      return {
        value: typeof stored === 'string' ? stored : JSON.stringify(stored),
        revision: String(reads),
      };
    },
    clock,
  );
}

const parts = (terms = TERMS) => ({ terms, keys: parameter(), clock });

async function issue(userid = 'User123', id = 'one', at = now * 1_000) {
  const issueSession = await prepareSession(parts(), createInvocation());
  return issueSession(userid, { id, at });
}

/** A fresh instance, which remembers no keys; or the one that is given. */
const newVerifier = (terms = TERMS) => new SessionVerifier(parts(terms)).authenticate;
const check = (token: string, verifier = newVerifier()) => verifier(token, createInvocation());

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const kidOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;
async function publishedKids() {
  const { keys } = await publishedKeySet(parameter(), clock, createInvocation());
  return keys.map(({ kid }) => kid);
}
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const key = (): SessionKey => ({ ...oldKey, nbf: START });
const good = () => ({
  iss: TERMS.issuer,
  aud: TERMS.audience,
  sub: 'user123',
  iat: now,
  exp: now + 3_600,
  jti: 'one',
  corp: TERMS.corpId,
  agent: TERMS.agentId,
});

describe('a session', () => {
  it('names member, corp and agent, and lasts an hour', async () => {
    const session = await issue();
    expect(session).toMatchObject({ token_type: 'Bearer', expires_in: 3_600 });
    expect(claimsOf(session.access_token)).toEqual(good());
    expect(await check(session.access_token)).toEqual({ userid: 'user123' });
  });

  it.each([300, 43_200])(
    'lasts %i seconds if the stage sets it, and 5 s for clock skew',
    async (lifetimeSeconds) => {
      const stage = parts({ ...TERMS, lifetimeSeconds });
      const issueSession = await prepareSession(stage, createInvocation());
      const { access_token, expires_in } = await issueSession('user123', {
        id: 'x',
        at: now * 1_000,
      });
      expect(expires_in).toBe(lifetimeSeconds);
      const verifier = newVerifier({ ...TERMS, lifetimeSeconds });
      now += lifetimeSeconds + 4;
      expect(await check(access_token, verifier)).toEqual({ userid: 'user123' });
      now += 1;
      expect(await check(access_token, verifier)).toBeUndefined();
    },
  );

  it('is the same token for the same sign-in, with less time left', async () => {
    const first = await issue();
    now += 40;
    const second = await issue('User123', 'one', START * 1_000);
    expect(second.access_token).toBe(first.access_token);
    expect(second.expires_in).toBe(3_560);
  });

  it('is another token for another sign-in', async () => {
    expect((await issue('User123', 'two')).access_token).not.toBe((await issue()).access_token);
  });

  it('is not issued without a key, with an unreadable one, or before its nbf', async () => {
    stored = 'SSM is down';
    await expect(issue()).rejects.toMatchObject({ code: 'ERR_PARAMETER_UNAVAILABLE' });
    for (const unreadable of ['', '{', '{}', '{"keys":[]}', JSON.stringify({ keys: [oldKey] })]) {
      stored = unreadable;
      const error = await issue().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ERR_CONFIGURATION' });
      expect(JSON.stringify(error)).not.toContain(oldKey.d);
    }
    stored = firstKey(oldKey, START + 1);
    await expect(issue()).rejects.toMatchObject({
      code: 'ERR_CONFIGURATION',
      details: { parameter: '/wecom-auth/prod/session-keys' },
    });
  });

  it.each<[string, object]>([
    ['an empty key id', { kid: '' }],
    ['a key id of 65 characters', { kid: 'k'.repeat(65) }],
    ['a key id that begins with a space', { kid: ' k' }],
    ['a key id that ends with a line break', { kid: 'k\n' }],
    ['a number that begins with padding', { n: '=AQAB' }],
    ['a number that ends with padding', { d: 'AQAB=' }],
    ['an empty number', { e: '' }],
    ['a key of another kind', { kty: 'EC' }],
    ['a key for another algorithm', { alg: 'RS512' }],
    ['a key for encryption', { use: 'enc' }],
    ['a time in fractions of a second', { nbf: START - 0.5 }],
    ['an end as text', { exp: String(START + 1) }],
  ])('is not issued with a key that has %s, and the error names the field', async (_, part) => {
    stored = { keys: [{ ...oldKey, nbf: START, ...part }] } as SessionKeySet;
    await expect(issue()).rejects.toMatchObject({
      code: 'ERR_CONFIGURATION',
      details: {
        parameter: '/wecom-auth/prod/session-keys',
        problems: [`keys.0.${Object.keys(part)[0]}`],
      },
    });
  });

  it('is issued with a key id of 64 characters', async () => {
    stored = firstKey({ ...oldKey, kid: 'k'.repeat(64) }, START);
    expect(await check((await issue()).access_token)).toEqual({ userid: 'user123' });
  });

  it('is not issued with keys that are not JSON, and the error says so', async () => {
    stored = '{';
    await expect(issue()).rejects.toMatchObject({ details: { problems: ['not a JWKS'] } });
  });
});

describe('a token that is not a session is refused', () => {
  const signed = (claims: object) => signJwt(key(), claims as Record<string, unknown>);
  const rs256 = (header: object, claims: object, pem: string) => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${createSign('sha256').update(text).sign(pem, 'base64url')}`;
  };
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

  it('no token at all', async () => {
    for (const text of ['', '.', '..', 'a.b.c', 'Bearer', '\u0000', '[object Object]']) {
      expect(await check(text), text).toBeUndefined();
    }
  });

  it('alg none, in every spelling', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const header = encode({ alg, typ: 'JWT', kid: oldKey.kid });
      expect(await check(`${header}.${encode(good())}.`), alg).toBeUndefined();
    }
  });

  it('HS256 with the public key as the secret, in each of its forms', async () => {
    const { kty, n, e, kid } = oldKey;
    const publicKey = createPublicKey({ key: { kty, n, e }, format: 'jwk' });
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'pkcs1', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      n,
      JSON.stringify({ kty, n, e }),
    ];
    for (const secret of secrets) {
      const text = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${encode(good())}`;
      const mac = createHmac('sha256', secret).update(text).digest('base64url');
      expect(await check(`${text}.${mac}`)).toBeUndefined();
    }
  });

  it('another algorithm with our key', async () => {
    for (const alg of ['RS384', 'RS512', 'PS256']) {
      const token = await new SignJWT(good())
        .setProtectedHeader({ alg, kid: oldKey.kid, typ: 'JWT' })
        .sign(await importJWK({ ...oldKey, alg }, alg));
      expect(await check(token), alg).toBeUndefined();
    }
  });

  it('another key under our key id, without one, or from the header', async () => {
    const jwk = createPublicKey(pair.publicKey).export({ format: 'jwk' });
    const base = { alg: 'RS256', typ: 'JWT' };
    for (const header of [
      { ...base, kid: oldKey.kid },
      { ...base },
      { ...base, kid: '' },
      { ...base, kid: 'unknown' },
      { ...base, kid: '../../etc/passwd' },
      { ...base, kid: '__proto__' },
      { ...base, kid: ['a'] },
      { ...base, jwk },
      {
        ...base,
        kid: 'x',
        jwk,
        jku: 'https://evil.example/jwks.json',
        x5u: 'https://evil.example',
      },
    ]) {
      expect(await check(rs256(header, good(), pair.privateKey)), encode(header)).toBeUndefined();
    }
  });

  it('a signature of our key over other claims', async () => {
    const { access_token } = await issue();
    const [header = '', claims = '', signature = ''] = access_token.split('.');
    const other = encode({ ...claimsOf(access_token), sub: 'liuzong' });
    expect(await check(`${header}.${other}.${signature}`)).toBeUndefined();
    expect(await check(`${header}.${claims}.${signature.slice(0, -2)}`)).toBeUndefined();
    expect(await check(`${header}.${claims}.`)).toBeUndefined();
    expect(await check(`${header}.${claims}`)).toBeUndefined();
    expect(await check(`${access_token}.`)).toBeUndefined();
    expect(await check(` ${access_token}`)).toBeUndefined();
  });

  it.each<[string, () => object]>([
    ['another issuer', () => ({ iss: 'https://evil.example' })],
    ['an issuer with a slash at its end', () => ({ iss: `${TERMS.issuer}/` })],
    ['issuers in a list', () => ({ iss: [TERMS.issuer] })],
    ['no issuer', () => ({ iss: undefined })],
    ['another audience', () => ({ aud: 'other' })],
    ['audiences in a list', () => ({ aud: [TERMS.audience] })],
    ['no audience', () => ({ aud: undefined })],
    ['another corp', () => ({ corp: 'ww2' })],
    ['no corp', () => ({ corp: undefined })],
    ['another agent', () => ({ agent: '1000001' })],
    ['the agent as a number', () => ({ agent: 1000002 })],
    ['no subject', () => ({ sub: undefined })],
    ['an empty subject', () => ({ sub: '' })],
    ['a subject that is no userid', () => ({ sub: 'CorpId/userid' })],
    ['a subject in a list', () => ({ sub: ['user123'] })],
    ['a subject in an object', () => ({ sub: { toString: 'user123' } })],
    ['a number as subject', () => ({ sub: 7 })],
    ['true as subject', () => ({ sub: true })],
    ['a number as id', () => ({ jti: 7 })],
    ['corps in a list', () => ({ corp: [TERMS.corpId] })],
    ['a list as expiry', () => ({ exp: [now + 60] })],
    ['no id', () => ({ jti: undefined })],
    ['no expiry', () => ({ exp: undefined })],
    ['an expiry as text', () => ({ exp: String(now + 60) })],
    ['an expiry in the past', () => ({ iat: now - 60, exp: now - 6 })],
    ['a longer life than sessions have', () => ({ iat: now - 3_700, exp: now + 3_600 })],
    ['no time of issue', () => ({ iat: undefined })],
    ['a time of issue in the future', () => ({ iat: now + 6 })],
    ['a beginning in the future', () => ({ nbf: now + 6 })],
  ])('%s', async (_, change) => {
    expect(await check(await signed(good()))).toEqual({ userid: 'user123' });
    expect(await check(await signed({ ...good(), ...change() }))).toBeUndefined();
  });

  it('another type, such as a logout token', async () => {
    const header = { alg: 'RS256', kid: oldKey.kid };
    const pem = createPrivateKey({ key: { ...oldKey } as never, format: 'jwk' }).export({
      type: 'pkcs8',
      format: 'pem',
    }) as string;
    expect(await check(rs256({ ...header, typ: 'JWT' }, good(), pem))).toBeDefined();
    for (const typ of [undefined, 'logout+jwt', 'at+jwt']) {
      expect(await check(rs256({ ...header, typ }, good(), pem))).toBeUndefined();
    }
    expect(
      await check(rs256({ ...header, typ: 'JWT', crit: ['x'], x: 1 }, good(), pem)),
    ).toBeUndefined();
  });

  it('more than 4 kB, without reading keys', async () => {
    expect(await check(await signed({ ...good(), more: 'x'.repeat(4_000) }))).toBeUndefined();
    expect(reads).toBe(0);
  });

  it('with a log line that has the reason, and not the token', async () => {
    const invocation = createInvocation();
    const token = await signed({ ...good(), iss: 'https://evil.example' });
    await newVerifier()(token, invocation);
    expect(invocation.lines).toMatchObject([{ refusal: 'ERR_JWT_CLAIM_VALIDATION_FAILED' }]);
    expect(JSON.stringify(invocation.lines)).not.toContain(token.split('.')[1]);
  });
});

describe('key rotation', () => {
  it('leaves old sessions valid, and signs with the new key from its nbf on', async () => {
    const before = await issue();
    stored = rotated(firstKey(oldKey, START), newKey, 9_000) ?? '';
    expect(kidOf((await issue()).access_token)).toBe(oldKey.kid);

    now = START + 8_999;
    const lastOfOld = await issue();
    expect(kidOf(lastOfOld.access_token)).toBe(oldKey.kid);
    now = START + 9_000;
    const firstOfNew = await issue();
    expect(kidOf(firstOfNew.access_token)).toBe(newKey.kid);

    expect(await check(before.access_token)).toBeUndefined();
    expect(await check(lastOfOld.access_token)).toEqual({ userid: 'user123' });
    expect(await check(firstOfNew.access_token)).toEqual({ userid: 'user123' });
    now = START + 8_999 + 3_600;
    expect(await check(lastOfOld.access_token)).toEqual({ userid: 'user123' });
    now = START + 9_000 + 3_905;
    expect(await publishedKids()).toEqual([newKey.kid]);
  });

  it('publishes the new key before it signs, and no private part of it', async () => {
    stored = rotated(firstKey(oldKey, START), newKey, 9_000) ?? '';
    const { keys } = await publishedKeySet(parameter(), clock, createInvocation());
    expect(keys.map(({ kid }) => kid)).toEqual([oldKey.kid, newKey.kid]);
    for (const each of keys) {
      expect(Object.keys(each)).toEqual(['kty', 'use', 'alg', 'kid', 'n', 'e']);
    }
  });

  it('changes nothing while an earlier rotation is in progress', () => {
    const once = rotated(firstKey(oldKey, START), newKey, 9_000) as SessionKeySet;
    const times = { aheadSeconds: 9_000, sessionSeconds: 3_600 };
    expect(
      rotate(once, { ...newKey, kid: 'third' }, { ...times, now: now + 8_999 }),
    ).toBeUndefined();
    expect(rotate(once, { ...newKey, kid: 'third' }, { ...times, now: now + 9_000 })).toBeDefined();
  });

  it('leaves the newest key to sign if it happens twice in one second', async () => {
    const once = rotated(firstKey(oldKey, START), newKey, 0) as SessionKeySet;
    stored = rotated(once, { ...oldKey, kid: 'third' }, 0) as SessionKeySet;
    expect(kidOf((await issue()).access_token)).toBe('third');
  });

  it('without notice ends no session of an instance that has only the old key cached', async () => {
    const stale = parts();
    await prepareSession(stale, createInvocation());
    stored = rotated(firstKey(oldKey, START), newKey, 0) as SessionKeySet;
    now += 299;
    const late = await (await prepareSession(stale, createInvocation()))('user123', {
      id: 'late',
      at: now * 1_000,
    });
    expect(kidOf(late.access_token)).toBe(oldKey.kid);
    now += 3_599;
    expect(await check(late.access_token)).toEqual({ userid: 'user123' });
  });

  it('publishes the old key for as long as a session can last', () => {
    const sessionSeconds = 43_200;
    const next = rotate(firstKey(oldKey, START), newKey, { now, aheadSeconds: 60, sessionSeconds });
    expect(next?.keys[0]?.exp).toBe(START + 60 + 300 + sessionSeconds + 5);
  });

  it('does not change when an earlier key ends', async () => {
    const once = rotated(firstKey(oldKey, START), newKey, 0) as SessionKeySet;
    const end = once.keys[0]?.exp ?? 0;
    now += 1_000;
    stored = rotated(once, { ...newKey, kid: 'third' }, 0) as SessionKeySet;
    expect(await publishedKids()).toEqual([oldKey.kid, newKey.kid, 'third']);
    now = end;
    expect(await publishedKids()).toEqual([newKey.kid, 'third']);
  });

  it('makes an instance read an unknown key from SSM, at most twice a minute', async () => {
    const verifier = newVerifier();
    await check((await issue()).access_token, verifier);
    stored = rotated(firstKey(oldKey, START), newKey, 0) as SessionKeySet;
    const { access_token } = await issue();
    reads = 0;
    expect(await check(access_token, verifier)).toEqual({ userid: 'user123' });
    expect(reads).toBe(1);
    const invented = await signJwt({ ...key(), kid: 'invented' }, good());
    for (let at = 0; at < 20; at++) await check(invented, verifier);
    expect(reads).toBe(1);
    now += 30;
    await check(invented, verifier);
    expect(reads).toBe(2);
  });
});

describe('while SSM is down', () => {
  it('cached keys are used; without any, no session is accepted', async () => {
    const verifier = newVerifier();
    const { access_token } = await issue();
    await check(access_token, verifier);
    stored = 'SSM is down';
    now += 400;
    expect(await check(access_token, verifier)).toEqual({ userid: 'user123' });
    await expect(check(access_token)).rejects.toMatchObject({ code: 'ERR_PARAMETER_UNAVAILABLE' });
  });
});
