import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { notePersonChange } from '../../lib/permissions/personChange.ts';
import { settleGrants } from '../../lib/permissions/settle.ts';
import { membershipKey } from '../../lib/tableKeys.ts';
import { Browser } from '../harness/browser.ts';
import { passes, passesAndGoesOn } from '../harness/passes.ts';
import { permit } from '../harness/permit.ts';
import {
  authorization,
  basic,
  GITLAB,
  GITLAB_PERMISSION,
  GRAFANA,
  type OpenidStack,
  PAGE,
  PLAIN_PAGE,
  pass,
  payloadOf,
  postToken,
  REPORTS,
  REPORTS_AUDIENCE,
  redeemCode,
  redemption,
  refresh,
  returnAddress,
  signIn,
  startOpenid,
  tokensOf,
  toWecom,
  userinfo,
} from '../harness/relyingParty.ts';
import type { Stack } from '../harness/stack.ts';

const HOUR_SECONDS = 3_600;

let openid: OpenidStack;
let stack: Stack;
let url: string;

beforeAll(async () => {
  openid = await startOpenid();
  stack = openid.stack;
  url = openid.api.url;
  await permit(stack, 'member#user123', GITLAB_PERMISSION);
  // The access_token and the department are at hand from here on.
  await tokensOf(openid);
});

beforeEach(() => {
  vi.useRealTimers();
  stack.wecom.faults.clear();
});

/** A code that waits for its redemption. */
async function codeOf(party = GRAFANA as typeof GRAFANA | typeof PAGE | typeof PLAIN_PAGE) {
  const begun = authorization(openid.api, party);
  const back = await signIn(openid, new Browser(), begun);
  return { begun, back };
}

function errorOf({ status, body }: { status: number; body: Record<string, unknown> }) {
  return `${status} ${body['error']}`;
}

describe('how a client authenticates', () => {
  const party = GRAFANA;

  it('may be client_secret_basic or client_secret_post, whatever it was registered with', async () => {
    const first = await codeOf();
    expect((await redeemCode(openid.api, first.begun, first.back)).status).toBe(200);
    const second = await codeOf();
    const { form } = redemption(second.begun, second.back);
    const posted = { ...form, client_id: party.id, client_secret: party.secret };
    expect((await postToken(openid.api, posted)).status).toBe(200);
  });

  it('may repeat the client_id in the form beside a header', async () => {
    const { begun, back } = await codeOf();
    const { form, headers } = redemption(begun, back);
    const answer = await postToken(openid.api, { ...form, client_id: party.id }, headers);
    expect(answer.status).toBe(200);
  });

  it.each<[string, Record<string, string>, Record<string, string>, string]>([
    [
      'both at once',
      { client_secret: party.secret },
      basic(party.id, party.secret),
      '400 invalid_request',
    ],
    [
      'a wrong secret beside a right one',
      { client_secret: 'wrong' },
      basic(party.id, party.secret),
      '400 invalid_request',
    ],
    ['a wrong secret in the header', {}, basic(party.id, 'wrong'), '401 invalid_client'],
    [
      'a wrong secret in the form',
      { client_id: party.id, client_secret: 'wrong' },
      {},
      '401 invalid_client',
    ],
    ['the secret of another client', {}, basic(party.id, GITLAB.secret), '401 invalid_client'],
    ['the stored hash for a secret', {}, basic(party.id, 'kept as a hash'), '401 invalid_client'],
    ['an unknown client', {}, basic('nobody', party.secret), '401 invalid_client'],
    ['no secret at all', { client_id: party.id }, {}, '401 invalid_client'],
    ['an empty secret', { client_id: party.id, client_secret: '' }, {}, '401 invalid_client'],
    ['nothing at all', {}, {}, '400 invalid_request'],
    ['a header that is no Basic', {}, { authorization: 'Bearer abc' }, '400 invalid_request'],
    ['a header that is no base64', {}, { authorization: 'Basic %%%' }, '400 invalid_request'],
    [
      'another client in the form than in the header',
      { client_id: GITLAB.id },
      basic(party.id, party.secret),
      '400 invalid_request',
    ],
    [
      'a public client with a secret',
      { client_id: PAGE.id, client_secret: 'x' },
      {},
      '401 invalid_client',
    ],
  ])('is refused with %s', async (_, fields, headers, expected) => {
    const { begun, back } = await codeOf();
    const { form } = redemption(begun, back);
    const answer = await postToken(openid.api, { ...form, ...fields }, headers);
    expect(errorOf(answer)).toBe(expected);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-error-code')).toBe(`ERR_OPENID_REFUSED/${answer.body['error']}`);
    if (answer.status === 401 && headers['authorization']) {
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
    }
    // Nothing was spent.
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
  });

  it('is refused with the secret in the address', async () => {
    const { begun, back } = await codeOf();
    const { form } = redemption(begun, back);
    const query = new URLSearchParams({ client_id: party.id, client_secret: party.secret });
    const answer = await postToken(openid.api, form, {}, `/oauth2/token?${query}`);
    expect(errorOf(answer)).toBe('400 invalid_request');
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])(
    'is refused with a body of %s',
    async (type) => {
      const response = await fetch(`${url}/oauth2/token`, {
        method: 'POST',
        headers: { 'content-type': type, ...basic(party.id, party.secret) },
        body: JSON.stringify({ grant_type: 'authorization_code', code: 'x' }),
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    },
  );

  it.each([
    'password',
    'client_credentials',
    'implicit',
    'urn:ietf:params:oauth:grant-type:device_code',
  ])('does not help the grant %s', async (grant_type) => {
    const form = { grant_type, username: 'user123', password: 'x' };
    const answer = await postToken(openid.api, form, basic(party.id, party.secret));
    expect(errorOf(answer)).toBe('400 unsupported_grant_type');
  });

  it('takes both secrets while one is replaced, and the old one no longer after its end', async () => {
    const [old, young] = ['the-old-secret', 'the-young-secret'];
    const { hashClientSecret } = await import('../../lib/openid/clients.ts');
    const rotated = { id: 'rotated', secret: old, redirectUri: 'https://rotated.example.com/back' };
    await openid.register(rotated, {
      secrets: [
        { hash: hashClientSecret(old), createdAt: 1, expiresAt: Date.now() + 60_000 },
        { hash: hashClientSecret(young), createdAt: 2 },
      ],
    });
    const form = {
      grant_type: 'authorization_code',
      code: 'x',
      redirect_uri: 'https://x.example/',
    };
    const tried = async (secret: string) =>
      errorOf(await postToken(openid.api, form, basic('rotated', secret)));
    expect(await tried(old)).toBe('400 invalid_grant');
    expect(await tried(young)).toBe('400 invalid_grant');
    passes(61);
    expect(await tried(old)).toBe('401 invalid_client');
    expect(await tried(young)).toBe('400 invalid_grant');
  });
});

describe('PKCE', () => {
  it('is required of public clients', async () => {
    const begun = authorization(openid.api, PAGE, {
      code_challenge: '',
      code_challenge_method: '',
    });
    const back = await pass(new Browser(), begun);
    expect(back.searchParams.get('error')).toBe('invalid_request');
    expect(back.searchParams.get('state')).toBe(begun.state);
  });

  it('is optional for confidential clients', async () => {
    const begun = authorization(openid.api, GRAFANA, {
      code_challenge: '',
      code_challenge_method: '',
    });
    const back = await signIn(openid, new Browser(), begun);
    const { form, headers } = redemption(begun, back);
    const { code_verifier: _, ...without } = form;
    expect((await postToken(openid.api, without, headers)).status).toBe(200);
  });

  it.each([PAGE, GRAFANA])('takes no plain challenge of $id', async (party) => {
    const begun = authorization(openid.api, party, { code_challenge_method: 'plain' });
    const back = await pass(new Browser(), begun);
    expect(back.searchParams.get('error')).toBe('invalid_request');
  });

  it.each([PAGE, GRAFANA])('cannot be taken away from a code of $id', async (party) => {
    const begun = authorization(openid.api, party);
    const back = await signIn(openid, new Browser(), begun);
    const { form, headers } = redemption(begun, back);
    const { code_verifier: _, ...without } = form;
    expect(errorOf(await postToken(openid.api, without, headers))).toBe('400 invalid_grant');
    const wrong = { ...form, code_verifier: authorization(openid.api).verifier };
    expect(errorOf(await postToken(openid.api, wrong, headers))).toBe('400 invalid_grant');
    expect((await postToken(openid.api, form, headers)).status).toBe(200);
  });

  it('cannot be added to a code that began without it', async () => {
    const begun = authorization(openid.api, GRAFANA, {
      code_challenge: '',
      code_challenge_method: '',
    });
    const back = await signIn(openid, new Browser(), begun);
    expect(errorOf(await redeemCode(openid.api, begun, back))).toBe('400 invalid_grant');
  });
});

describe('a code', () => {
  it('ends what came of it when it is used again', async () => {
    const { begun, back } = await codeOf();
    const { body } = await redeemCode(openid.api, begun, back);
    expect((await userinfo(openid.api, body['access_token'] ?? '')).status).toBe(200);
    expect(errorOf(await redeemCode(openid.api, begun, back))).toBe('400 invalid_grant');
    expect((await userinfo(openid.api, body['access_token'] ?? '')).status).toBe(401);
    const refreshed = await refresh(openid.api, GRAFANA, body['refresh_token'] ?? '');
    expect(errorOf(refreshed)).toBe('400 invalid_grant');
  });

  it('is redeemed at most once when fifty redeem it at once', async () => {
    const another = await openid.another();
    const { begun, back } = await codeOf();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        redeemCode(at % 2 === 0 ? openid.api : another, begun, back),
      ),
    );
    const got = answers.filter(({ status }) => status === 200);
    expect(got.length).toBeLessThanOrEqual(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(errorOf(answer)).toBe('400 invalid_grant');
    }
  }, 60_000);

  it('is consumed by exactly one conditional write of fifty', async () => {
    const { begun, back } = await codeOf();
    stack.dynamoDb.inputs.length = 0;
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => redeemCode(openid.api, begun, back)),
    );
    const issued = stack.dynamoDb.inputs.filter(
      ({ operation, input }) =>
        operation === 'PutItem' && JSON.stringify(input['Item']).includes('#openid#AccessToken#'),
    );
    expect(issued.length).toBe(1);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  }, 60_000);

  it('ends after a minute', async () => {
    const { begun, back } = await codeOf();
    passes(61);
    expect(errorOf(await redeemCode(openid.api, begun, back))).toBe('400 invalid_grant');
  });

  it('is for its own client and redirect address alone', async () => {
    const { begun, back } = await codeOf();
    const { form, headers } = redemption(begun, back);
    const others = [
      await postToken(openid.api, form, basic(GITLAB.id, GITLAB.secret)),
      await postToken(openid.api, { ...form, client_id: PAGE.id }),
      await postToken(openid.api, { ...form, redirect_uri: GITLAB.redirectUri }, headers),
      await postToken(openid.api, { ...form, redirect_uri: `${GRAFANA.redirectUri}/` }, headers),
    ];
    expect(others.map(errorOf)).toEqual(Array(4).fill('400 invalid_grant'));
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
  });
});

describe('a refresh token', () => {
  it('is kept by a confidential client', async () => {
    const { refresh_token } = await tokensOf(openid);
    for (let times = 0; times < 2; times += 1) {
      const { status, body } = await refresh(openid.api, GRAFANA, refresh_token);
      expect(status).toBe(200);
      expect(body['refresh_token']).toBe(refresh_token);
      expect((await userinfo(openid.api, body['access_token'] ?? '')).status).toBe(200);
      expect(payloadOf(body['id_token'] ?? '')).toMatchObject({ sub: 'user123', aud: 'grafana' });
    }
  });

  it('is another one after each use by a public client', async () => {
    const { refresh_token } = await tokensOf(openid, PAGE);
    const second = await refresh(openid.api, PAGE, refresh_token);
    expect(second.status).toBe(200);
    expect(second.body['refresh_token']).not.toBe(refresh_token);
    const third = await refresh(openid.api, PAGE, second.body['refresh_token'] ?? '');
    expect(third.status).toBe(200);
  });

  it('ends its family when a public client uses it twice', async () => {
    const { refresh_token } = await tokensOf(openid, PAGE);
    const { body } = await refresh(openid.api, PAGE, refresh_token);
    expect(errorOf(await refresh(openid.api, PAGE, refresh_token))).toBe('400 invalid_grant');
    const next = await refresh(openid.api, PAGE, body['refresh_token'] ?? '');
    expect(errorOf(next)).toBe('400 invalid_grant');
    expect((await userinfo(openid.api, body['access_token'] ?? '')).status).toBe(401);
  });

  it('that was stolen ends the family when it is used later, whoever is ahead by then', async () => {
    const { refresh_token: stolen } = await tokensOf(openid, PAGE);
    let mine = stolen;
    for (let times = 0; times < 3; times += 1) {
      mine = (await refresh(openid.api, PAGE, mine)).body['refresh_token'] ?? '';
    }
    expect(errorOf(await refresh(openid.api, PAGE, stolen))).toBe('400 invalid_grant');
    expect(errorOf(await refresh(openid.api, PAGE, mine))).toBe('400 invalid_grant');
  });

  it('is given fifty access tokens when a confidential client uses it fifty times at once', async () => {
    const { refresh_token } = await tokensOf(openid);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => refresh(openid.api, GRAFANA, refresh_token)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const tokens = answers.map(({ body }) => body['access_token']);
    expect(new Set(tokens).size).toBe(50);
    expect((await refresh(openid.api, GRAFANA, refresh_token)).status).toBe(200);
  }, 60_000);

  it('is rotated at most once when a public client uses it fifty times at once', async () => {
    const { refresh_token } = await tokensOf(openid, PAGE);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => refresh(openid.api, PAGE, refresh_token)),
    );
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    const others = answers.filter(({ status }) => status !== 200);
    expect(new Set(others.map(errorOf))).toEqual(new Set(['400 invalid_grant']));
  }, 60_000);

  it('is not given to a client without the setting, whatever it asks', async () => {
    const begun = authorization(openid.api, PLAIN_PAGE, {
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const back = await signIn(openid, new Browser(), begun);
    const { status, body } = await redeemCode(openid.api, begun, back);
    expect(status).toBe(200);
    expect(body['refresh_token']).toBeUndefined();
  });

  it('is given by the setting, with offline_access and without', async () => {
    for (const scope of ['openid', 'openid offline_access']) {
      expect((await tokensOf(openid, GRAFANA, { scope })).refresh_token).toBeTruthy();
    }
  });

  it('is for its own client alone, and gives no further scope', async () => {
    const { refresh_token } = await tokensOf(openid, GRAFANA, { scope: 'openid' });
    expect(errorOf(await refresh(openid.api, REPORTS, refresh_token))).toBe('400 invalid_grant');
    expect(errorOf(await refresh(openid.api, PAGE, refresh_token))).toBe('400 invalid_grant');
    const form = { grant_type: 'refresh_token', refresh_token, scope: 'openid email' };
    const wider = await postToken(openid.api, form, basic(GRAFANA.id, GRAFANA.secret));
    expect(errorOf(wider)).toBe('400 invalid_scope');
  });

  it('ends after thirty days', async () => {
    const { refresh_token } = await tokensOf(openid);
    passes(30 * 24 * HOUR_SECONDS + 5);
    expect(errorOf(await refresh(openid.api, GRAFANA, refresh_token))).toBe('400 invalid_grant');
  });

  it('ends thirty days after the sign-in, also where each use gives another', async () => {
    const first = await tokensOf(openid, PAGE);
    passes(20 * 24 * HOUR_SECONDS);
    const second = await refresh(openid.api, PAGE, first.refresh_token);
    expect(second.status, JSON.stringify(second.body)).toBe(200);
    passes(10 * 24 * HOUR_SECONDS + 5);
    const third = await refresh(openid.api, PAGE, second.body['refresh_token'] ?? '');
    expect(errorOf(third)).toBe('400 invalid_grant');
  });

  it('is served by the stored membership where WeCom does not answer', async () => {
    const { refresh_token } = await tokensOf(openid);
    stack.wecom.faults.add({ kind: 'hang' });
    passesAndGoesOn(1.5 * HOUR_SECONDS);
    expect((await refresh(openid.api, GRAFANA, refresh_token)).status).toBe(200);
  });
});

describe('a refresh while the grants of the person are moved', () => {
  /** The event of a rename has come, and its work has not been done. */
  async function renamed(who: string) {
    await permit(stack, `member#${who}`);
    const begun = authorization(openid.api);
    const back = await signIn(openid, new Browser(), begun, who);
    const { body } = await redeemCode(openid.api, begun, back);
    stack.wecom.administrator.update(who, { userid: `${who}9` });
    const { corpid } = stack.wecom.company;
    const event = { kind: 'renamed', id: who, userid: who, newUserid: `${who}9` } as const;
    const at = Date.now();
    const noted = await notePersonChange(
      stack.permissions,
      corpid,
      { ...event, createdAt: at },
      at,
    );
    const parts = { table: stack.permissions, corpId: corpid, now: Date.now };
    return { token: body['refresh_token'] ?? '', settle: () => settleGrants(noted, parts) };
  }

  it.each([
    ['', 'lisi', false],
    [', also if WeCom no longer knows the former userid', 'qianer', true],
  ])('is answered 503%s, and works when they are moved', async (_what, who, isAsked) => {
    const { token, settle } = await renamed(who);
    if (isAsked) {
      const app = { corpId: stack.wecom.company.corpid, agentId: '1000002' };
      await stack.permissions.delete(membershipKey(app, who));
    }
    const answer = await refresh(openid.api, GRAFANA, token);
    expect(errorOf(answer)).toBe('503 temporarily_unavailable');
    await settle();
    expect((await refresh(openid.api, GRAFANA, token)).status).toBe(200);
    stack.wecom.administrator.update(`${who}9`, { userid: who });
  });
});

describe('a refresh that WeCom is too slow for', () => {
  const who = 'lisi';
  async function slowly(hours: number) {
    await permit(stack, `member#${who}`);
    const begun = authorization(openid.api);
    const back = await signIn(openid, new Browser(), begun, who);
    const { body } = await redeemCode(openid.api, begun, back);
    passesAndGoesOn(hours * HOUR_SECONDS);
    stack.wecom.faults.add({ kind: 'slow', ms: 2_300, on: 'user/get' });
    return body['refresh_token'] ?? '';
  }

  it('keeps nobody else from asking about the member', async () => {
    const token = await slowly(1.5);
    const member = stack.wecom.company.members.find(({ userid }) => userid === who);
    if (member === undefined) throw new Error('No such member');
    const { status } = member;
    member.status = 2;
    await refresh(openid.api, GRAFANA, token);
    const verified = await fetch(`${openid.api.url}/api/wecom/verify/${who}`);
    member.status = status;
    expect(((await verified.json()) as { data: object }).data).toMatchObject({ authorized: false });
  });

  it('waits for it where nothing is stored that could serve', async () => {
    passesAndGoesOn(3 * HOUR_SECONDS);
    const token = await slowly(60);
    expect((await refresh(openid.api, GRAFANA, token)).status).toBe(200);
  });
});

describe('a person about whom nothing is stored, while WeCom does not answer', () => {
  /** Signs in, and lets the membership be lost. */
  async function forgotten() {
    const signedIn = await tokensOf(openid);
    const app = { corpId: stack.wecom.company.corpid, agentId: '1000002' };
    await stack.permissions.delete(membershipKey(app, 'user123'));
    stack.wecom.faults.add({ kind: 'reset', on: 'user/get' });
    return signedIn;
  }

  // Relying parties end their session at invalid_grant.
  it('is refreshed later: the answer is 503, and the token still works', async () => {
    const { refresh_token } = await forgotten();
    const answer = await refresh(openid.api, GRAFANA, refresh_token);
    expect(errorOf(answer)).toBe('503 temporarily_unavailable');
    expect(answer.headers.get('x-error-code')).toBe('ERR_OPENID_REFUSED/temporarily_unavailable');
    expect(answer.headers.get('retry-after')).toBe('5');
    const requestId = answer.headers.get('x-request-id');
    const lines = stack.log().filter((line) => line['requestId'] === requestId);
    expect(lines.at(-1)).toMatchObject({ status: 503, fault: 'wecom', client: GRAFANA.id });

    stack.wecom.faults.clear();
    passes(61);
    expect((await refresh(openid.api, GRAFANA, refresh_token)).status).toBe(200);
  });

  it('is sent back to the application, which is told the same', async () => {
    const { browser } = await forgotten();
    const begun = authorization(openid.api);
    const back = await pass(browser, begun);
    expect(back.searchParams.get('error')).toBe('temporarily_unavailable');
    expect(back.searchParams.get('state')).toBe(begun.state);
    expect(stack.log().at(-1)).toMatchObject({
      ...{ status: 303, outcome: 'failed', fault: 'wecom', advice: expect.any(String) },
    });

    stack.wecom.faults.clear();
    passes(61);
    expect((await pass(browser, authorization(openid.api))).searchParams.get('code')).toBeTruthy();
  });
});

describe('the full paths of groups', () => {
  const WIKI = { ...GRAFANA, id: 'wiki', secret: 'the-secret-of-wiki' };

  it('are there for a client that asks for them, also for a sign-in that began at another', async () => {
    await openid.register(WIKI, { groupPaths: true });
    const { browser } = await tokensOf(openid);
    const begun = authorization(openid.api, WIKI, { scope: 'openid groups' });
    const { body } = await redeemCode(openid.api, begun, await pass(browser, begun));
    // The app does not see what is above it.
    expect(payloadOf(body['id_token'] ?? '')['groups']).toContain('技术部');
  });
});

describe("WeCom's consent", () => {
  const e_mail = { claims: JSON.stringify({ userinfo: { email: null } }) };

  it.each<[string, Record<string, string>, string]>([
    ['not needed', { scope: 'openid profile' }, 'snsapi_base'],
    ['needed for an e-mail by scope', { scope: 'openid email' }, 'snsapi_privateinfo'],
    ['needed for a mobile by scope', { scope: 'openid phone' }, 'snsapi_privateinfo'],
    ['needed for an e-mail by the parameter claims', e_mail, 'snsapi_privateinfo'],
  ])('is %s', async (_, parameters, scope) => {
    const browser = new Browser({ headers: { 'user-agent': 'wxwork/4.1' } });
    const page = await toWecom(openid, browser, authorization(openid.api, GRAFANA, parameters));
    expect(new URL(page).searchParams.get('scope')).toBe(scope);
  });
});

describe('/oauth2/userinfo', () => {
  it('takes a header with GET and POST, and a form', async () => {
    const { access_token } = await tokensOf(openid);
    const headers = { authorization: `Bearer ${access_token}` };
    for (const init of [
      { headers },
      { method: 'POST', headers },
      { method: 'POST', body: new URLSearchParams({ access_token }) },
    ]) {
      const { status, body, headers: got } = await userinfo(openid.api, access_token, init);
      expect(status).toBe(200);
      expect(body).toMatchObject({ sub: 'user123', name: '张三', groups: expect.any(Array) });
      expect(got.get('content-type')).toMatch(/^application\/json/);
      expect(got.get('cache-control')).toBe('no-store');
    }
  });

  it.each<[string, (token: string) => [string, RequestInit], number, string]>([
    ['none', () => ['', {}], 401, 'invalid_token'],
    ['one in the address', (t) => [`?access_token=${t}`, {}], 400, 'invalid_request'],
    [
      'two',
      (t) => [
        '',
        {
          method: 'POST',
          headers: { authorization: `Bearer ${t}` },
          body: new URLSearchParams({ access_token: t }),
        },
      ],
      400,
      'invalid_request',
    ],
    [
      'an unknown one',
      () => ['', { headers: { authorization: 'Bearer unknown' } }],
      401,
      'invalid_token',
    ],
    ['Basic', () => ['', { headers: basic(GRAFANA.id, GRAFANA.secret) }], 400, 'invalid_request'],
  ])('refuses a request with %s token', async (_, build, status, error) => {
    const { access_token } = await tokensOf(openid);
    const [query, init] = build(access_token);
    const response = await fetch(`${url}/oauth2/userinfo${query}`, init);
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
      status,
      error,
    ]);
    if (status === 401) expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  it('refuses a token after ten minutes', async () => {
    const { access_token } = await tokensOf(openid);
    passes(601);
    expect((await userinfo(openid.api, access_token)).status).toBe(401);
  });

  it('gives what the ID token gives, by scope', async () => {
    // A QR sign-in gives no e-mail.
    const wecom = new Browser({ headers: { 'user-agent': 'Mozilla/5.0 wxwork/4.1.22' } });
    const scope = 'openid profile email phone groups';
    const { id_token, access_token } = await tokensOf(openid, GRAFANA, { scope }, wecom);
    const { body } = await userinfo(openid.api, access_token);
    const { iss, aud, exp, iat, nonce, at_hash, sid, auth_time, ...claims } = payloadOf(id_token);
    expect(claims).toEqual(body);
    expect(body).toMatchObject({ email: expect.any(String), email_verified: true });
    expect([iss, aud, typeof exp, typeof iat, typeof nonce]).toEqual([
      url,
      'grafana',
      'number',
      'number',
      'string',
    ]);
  });
});

describe('/oauth2/revoke', () => {
  const headers = basic(GRAFANA.id, GRAFANA.secret);
  const revoke = (form: Record<string, string>, credentials = headers) =>
    postToken(openid.api, form, credentials, '/oauth2/revoke');

  it('ends an access token', async () => {
    const { access_token } = await tokensOf(openid);
    expect((await revoke({ token: access_token })).status).toBe(200);
    expect((await userinfo(openid.api, access_token)).status).toBe(401);
  });

  it('ends a refresh token', async () => {
    const { refresh_token } = await tokensOf(openid);
    const posted = { client_id: GRAFANA.id, client_secret: GRAFANA.secret };
    expect((await revoke({ token: refresh_token, ...posted }, {} as never)).status).toBe(200);
    expect(errorOf(await refresh(openid.api, GRAFANA, refresh_token))).toBe('400 invalid_grant');
  });

  it('says 200 for what nobody issued', async () => {
    expect((await revoke({ token: 'unknown' })).status).toBe(200);
    expect((await revoke({ token: 'unknown', token_type_hint: 'odd' })).status).toBe(200);
  });

  // oidc-client-ts refuses every type but JSON, whatever the body is.
  it('answers with JSON', async () => {
    const body = new URLSearchParams({ token: 'unknown' });
    const answer = await fetch(`${url}/oauth2/revoke`, { method: 'POST', headers, body });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await answer.text()).toBe('{}');
  });

  it("does not end another client's token", async () => {
    const { access_token } = await tokensOf(openid);
    await revoke({ token: access_token }, basic(GITLAB.id, GITLAB.secret));
    expect((await userinfo(openid.api, access_token)).status).toBe(200);
  });

  it('wants the client to authenticate', async () => {
    expect(errorOf(await revoke({ token: 'x' }, basic(GRAFANA.id, 'wrong')))).toBe(
      '401 invalid_client',
    );
  });
});

describe('an access token for an API', () => {
  it('is an RFC 9068 JWT that jose and aws-jwt-verify accept', async () => {
    const { access_token, id_token } = await tokensOf(openid, REPORTS);
    expect(decodeProtectedHeader(access_token)).toMatchObject({ typ: 'at+jwt', alg: 'RS256' });
    const jwks = `${url}/.well-known/jwks.json`;
    const { payload } = await jwtVerify(access_token, createRemoteJWKSet(new URL(jwks)), {
      issuer: url,
      audience: REPORTS_AUDIENCE,
      typ: 'at+jwt',
      requiredClaims: ['client_id', 'scope', 'sub', 'iat', 'exp', 'jti'],
    });
    expect(payload).toMatchObject({
      aud: REPORTS_AUDIENCE,
      client_id: 'reports',
      sub: 'user123',
      scope: 'openid profile',
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBeLessThanOrEqual(600);
    const verifier = JwtVerifier.create(
      { issuer: url, audience: REPORTS_AUDIENCE, jwksUri: jwks },
      {
        jwksCache: new SimpleJwksCache({
          fetcher: { fetch: async (uri) => (await fetch(uri)).arrayBuffer() },
        }),
      },
    );
    expect(await verifier.verify(access_token)).toMatchObject({ client_id: 'reports' });
    expect(payloadOf(id_token)['aud']).toBe('reports');
  });

  it('comes of a refresh too', async () => {
    const { refresh_token } = await tokensOf(openid, REPORTS);
    const { body } = await refresh(openid.api, REPORTS, refresh_token);
    expect(payloadOf(body['access_token'] ?? '')['aud']).toBe(REPORTS_AUDIENCE);
  });

  it('may be asked for by name, and no other may', async () => {
    expect(
      payloadOf((await tokensOf(openid, REPORTS, { resource: REPORTS_AUDIENCE })).access_token)[
        'aud'
      ],
    ).toBe(REPORTS_AUDIENCE);
    for (const [party, resource] of [
      [REPORTS, 'https://other.example.com/'],
      [REPORTS, 'wecom-auth'],
      [REPORTS, 'grafana'],
      [REPORTS, 'not an address'],
      [GRAFANA, REPORTS_AUDIENCE],
    ] as const) {
      const begun = authorization(openid.api, party, { resource });
      const back = await pass(new Browser(), begun);
      expect(back.searchParams.get('error'), resource).toBe('invalid_target');
    }
  });

  it('is nothing at userinfo', async () => {
    const { access_token } = await tokensOf(openid, REPORTS);
    expect((await userinfo(openid.api, access_token)).status).toBe(401);
  });

  it.each([
    ["the audience of /api's sessions", 'wecom-auth'],
    ['the id of a client', 'grafana'],
    ['no address', 'reports'],
    ['an address with a fragment', 'https://api.example.com/#part'],
  ])('never has %s for its audience', async (what, audience) => {
    const id = `odd-${what.length}`;
    const odd = { id, secret: 'an-odd-secret', redirectUri: 'https://odd.example.com/back' };
    await openid.register(odd, { audience });
    const back = await pass(new Browser(), authorization(openid.api, odd));
    expect(back.searchParams.get('error')).toBe('invalid_target');
  });

  it("never has the audience of /api's sessions, also where that is an address", async () => {
    const audience = 'https://sessions.example.com/';
    const other = await openid.stack.newInstance({ SESSION_AUDIENCE: audience });
    other.environment['SESSION_ISSUER'] = other.url;
    const odd = { id: 'odd', secret: 'an-odd-secret', redirectUri: 'https://odd.example.com/back' };
    await openid.register(odd, { audience });
    const back = await pass(new Browser(), authorization(other, odd));
    expect(back.searchParams.get('error')).toBe('invalid_target');
  });
});

describe('CORS', () => {
  const origin = new URL(PAGE.redirectUri).origin;
  const asked = (path: string, from: string, method: string) =>
    fetch(`${url}${path}`, {
      method,
      headers: { origin: from, 'access-control-request-method': 'POST' },
    });

  it.each(['/oauth2/token', '/oauth2/userinfo', '/oauth2/revoke'])(
    'lets the pages of public clients ask %s, and read errors too',
    async (path) => {
      for (const method of ['OPTIONS', 'POST']) {
        const { headers } = await asked(path, origin, method);
        expect(headers.get('access-control-allow-origin')).toBe(origin);
        expect(headers.get('access-control-allow-credentials')).toBeNull();
        expect(headers.get('vary')).toContain('Origin');
      }
    },
  );

  it.each([
    ['a confidential client', new URL(GRAFANA.redirectUri).origin],
    ['an attacker', 'https://attacker.example.com'],
    ['a sandboxed page', 'null'],
    ['another port', `${origin}:8443`],
  ])('lets no page of %s', async (_, from) => {
    for (const method of ['OPTIONS', 'POST']) {
      const { headers } = await asked('/oauth2/token', from, method);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

describe('what a sign-in costs', () => {
  /** Requests since the last call: all, and those that the library makes through its adapter. */
  function since() {
    const inputs = stack.dynamoDb.inputs.splice(0).map(({ input }) => JSON.stringify(input));
    const library = inputs.filter((text) => /#openid#|#clients"/.test(text)).length;
    return { all: inputs.length, library };
  }

  it('is few requests of DynamoDB, and none of WeCom at the token and userinfo', async () => {
    const browser = new Browser();
    const begun = authorization(openid.api);
    since();
    const wecom = await browser.visit(begun.address);
    const authorize = since();
    const address = returnAddress(openid, wecom.headers.get('location') ?? '');
    const returned = await browser.visit(address);
    const afterwards = since();
    const back = await browser.visit(returned.headers.get('location') ?? '');
    const resume = since();
    stack.wecom.calls.clear();
    const location = new URL(back.headers.get('location') ?? '');
    const { body } = await redeemCode(openid.api, begun, location);
    const token = since();
    expect((await userinfo(openid.api, body['access_token'] ?? '')).status).toBe(200);
    const claims = since();
    expect(stack.wecom.calls.count()).toBe(0);
    const steps = [authorize, afterwards, resume, token, claims];
    const limits = [3, 6, 9, 8, 5];
    for (const [at, { all }] of steps.entries()) expect(all).toBeLessThanOrEqual(limits[at] ?? 0);
    const library = steps.reduce((sum, step) => sum + step.library, 0);
    expect(steps.reduce((sum, step) => sum + step.all, 0)).toBeLessThanOrEqual(32);
    expect(library).toBeLessThanOrEqual(18);
  });

  it('is fewer with a session, and for a refresh', async () => {
    const { browser, refresh_token } = await tokensOf(openid);
    // openidToken reads the groups' grants at a refresh alone, and keeps them for ten seconds.
    await refresh(openid.api, GRAFANA, refresh_token);
    since();
    stack.wecom.calls.clear();
    const begun = authorization(openid.api);
    const back = await pass(browser, begun);
    const { body } = await redeemCode(openid.api, begun, back);
    await userinfo(openid.api, body['access_token'] ?? '');
    const withSession = since();
    expect((await refresh(openid.api, GRAFANA, body['refresh_token'] ?? '')).status).toBe(200);
    const refreshed = since();
    expect(withSession.all).toBeLessThanOrEqual(22);
    expect(refreshed.all).toBeLessThanOrEqual(8);
    expect(stack.wecom.calls.count()).toBe(0);
  });
});
