import { generateKeyPairSync, sign } from 'node:crypto';
import { verifyJwt } from '../../../lib/session/verifyJwt.ts';
import { must, type Target } from '../target.ts';

/*
 * A session token. Two kinds of input: a token, of which only the genuine one may be accepted; and the JSON
 * of header and claims, in two lines, which is signed with the right key.
 */

const NOW = 1_800_000_000_000;
const GENUINE = {
  iss: 'https://login.example.com',
  aud: 'wecom-auth',
  sub: 'user123',
  jti: 'a',
  corp: 'ww1',
  agent: '1000002',
  iat: NOW / 1_000 - 10,
  exp: NOW / 1_000 + 3_590,
};
const HEADER = { alg: 'RS256', typ: 'JWT', kid: 'k' };
// Another one each time, so that no private key is in the repository.
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
const PUBLIC = { kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'k', n, e } as const;

const base64url = (text: string) => Buffer.from(text).toString('base64url');

function signed(header: string, claims: string): string {
  const content = `${base64url(header)}.${base64url(claims)}`;
  return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`;
}

function verify(token: string) {
  return verifyJwt(token, {
    issuer: GENUINE.iss,
    audience: GENUINE.aud,
    corpId: GENUINE.corp,
    agentId: GENUINE.agent,
    lifetimeSeconds: 3_600,
    now: NOW,
    findKey: async (kid) => (kid === 'k' ? PUBLIC : undefined),
  });
}

const lines = (header: object, claims: object) =>
  `${JSON.stringify(header)}\n${JSON.stringify(claims)}`;

export default {
  seeds: [
    signed(JSON.stringify(HEADER), JSON.stringify(GENUINE)),
    `${base64url('{"alg":"none"}')}.${base64url(JSON.stringify(GENUINE))}.`,
    lines(HEADER, GENUINE),
    lines({ ...HEADER, typ: 'logout+jwt' }, GENUINE),
    lines({ ...HEADER, crit: ['b64'], b64: false }, GENUINE),
    lines(HEADER, { ...GENUINE, aud: ['wecom-auth'] }),
    lines(HEADER, { ...GENUINE, exp: 1 }),
    lines(HEADER, { ...GENUINE, agent: 1000002 }),
  ],
  async run(input) {
    const text = input.toString();
    const foreign = await verify(text);
    if (typeof foreign !== 'string') must(foreign.userid === GENUINE.sub, 'a forged member');
    const [header = '', ...claims] = text.split('\n');
    if (claims.length === 0) return;
    const own = await verify(signed(header, claims.join('\n')));
    if (typeof own === 'string') return;
    must(typeof own.userid === 'string', 'a member that is no text');
    const { iss, aud, corp, agent, iat } = JSON.parse(claims.join('\n'));
    const isOurs =
      iss === GENUINE.iss &&
      aud === GENUINE.aud &&
      corp === GENUINE.corp &&
      agent === GENUINE.agent;
    must(isOurs && iat >= NOW / 1_000 - 3_605, 'a token for something else');
    const { typ } = JSON.parse(header);
    must(/^(application\/)?jwt$/i.test(String(typ)), 'another kind of token');
  },
} satisfies Target;
