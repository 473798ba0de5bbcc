import { beforeAll, describe, expect, it } from 'vitest';
import { newClientSecret } from '../../lib/openid/clients.ts';
import { clientKey } from '../../lib/tableKeys.ts';
import { Browser } from '../harness/browser.ts';
import {
  authorization,
  basic,
  GITLAB,
  GITLAB_PERMISSION,
  GRAFANA,
  isAt,
  type OpenidStack,
  PAGE,
  page,
  pass,
  postToken,
  redeemCode,
  redemption,
  returnAddress,
  signIn,
  startOpenid,
  toWecom,
  userinfo,
} from '../harness/relyingParty.ts';
import type { Stack } from '../harness/stack.ts';

/*
 * What a program and an operator learn of a refusal: the header x-error-code, and the line of the log.
 */

let openid: OpenidStack;
let stack: Stack;

beforeAll(async () => {
  openid = await startOpenid();
  stack = openid.stack;
});

/** The lines of the log about an answer; the last one closes the request. */
function linesOf({ headers }: { headers: Headers }): Record<string, unknown>[] {
  const id = headers.get('x-request-id');
  expect(id).toBeTruthy();
  return stack.log().filter(({ requestId }) => requestId === id);
}

const closingLineOf = (answer: { headers: Headers }) => linesOf(answer).at(-1) ?? {};
const codeOf = ({ headers }: { headers: Headers }) => headers.get('x-error-code');

const NO_CODE = { grant_type: 'authorization_code', code: 'x', redirect_uri: GRAFANA.redirectUri };

async function returned(party = GRAFANA as typeof GRAFANA | typeof PAGE) {
  const begun = authorization(openid.api, party);
  return { begun, back: await signIn(openid, new Browser(), begun) };
}

describe('the log line of a refusal at the token endpoint', () => {
  it('names the client of a wrong secret, and says what to do in both languages', async () => {
    const answer = await postToken(openid.api, NO_CODE, basic(GRAFANA.id, 'a-wrong-secret'));
    expect(codeOf(answer)).toBe('ERR_OPENID_REFUSED/invalid_client');
    expect(closingLineOf(answer)).toMatchObject({
      outcome: 'refused',
      status: 401,
      fault: 'program',
      error: 'ERR_OPENID_REFUSED',
      refusal: 'invalid_client',
      client: GRAFANA.id,
      problem: 'invalid secret provided',
      advice: expect.stringContaining('rotate-secret grafana'),
      adviceZh: expect.stringContaining('rotate-secret grafana'),
    });
    expect(stack.output()).not.toContain('a-wrong-secret');
  });

  it.each([
    ['in the header', {}, basic('grafna', 'x')],
    ['in the form', { client_id: 'grafna' }, {}],
  ])(
    'shows the unknown client id %s, so that a typing error is seen',
    async (_, fields, headers) => {
      const answer = await postToken(openid.api, { ...NO_CODE, ...fields }, headers);
      const line = closingLineOf(answer);
      expect(line).toMatchObject({ unknownClient: 'grafna', problem: 'client not found' });
      // Anybody can send it.
      expect(line['fault']).toBe('visitor');
    },
  );

  it('shows no secret that stands where the client id belongs', async () => {
    const secret = newClientSecret();
    const answer = await postToken(openid.api, NO_CODE, basic(secret, GRAFANA.id));
    expect(codeOf(answer)).toBe('ERR_OPENID_REFUSED/invalid_client');
    expect(stack.output()).not.toContain(secret);
  });

  it('says of a code which check failed', async () => {
    const { begun, back } = await returned();
    const { form, headers } = redemption(begun, back);
    const problems: unknown[] = [];
    for (const wrong of [
      { redirect_uri: GITLAB.redirectUri },
      { code_verifier: 'w'.repeat(43) },
      { code: 'never-issued' },
    ]) {
      const answer = await postToken(openid.api, { ...form, ...wrong }, headers);
      expect(codeOf(answer)).toBe('ERR_OPENID_REFUSED/invalid_grant');
      problems.push(closingLineOf(answer)['problem']);
    }
    expect(problems).toEqual([
      'authorization code redirect_uri mismatch',
      'code_verifier does not match code_challenge',
      'authorization code not found',
    ]);
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
    const again = await redeemCode(openid.api, begun, back);
    expect(closingLineOf(again)).toMatchObject({
      fault: 'visitor',
      problem: 'authorization code already consumed',
      client: GRAFANA.id,
      advice: expect.stringContaining('works once'),
    });
    expect(stack.output()).not.toContain(form['code']);
  });

  it('is the one of our own error where DynamoDB is down', async () => {
    stack.dynamoDb.fail('down');
    const answer = await postToken(openid.api, NO_CODE, basic(GRAFANA.id, GRAFANA.secret));
    stack.dynamoDb.fail(undefined);
    expect([answer.status, answer.body['error']]).toEqual([500, 'server_error']);
    expect(codeOf(answer)).toBe('ERR_STORE_UNAVAILABLE');
    expect(closingLineOf(answer)).toMatchObject({
      level: 'ERROR',
      outcome: 'failed',
      fault: 'aws',
      error: 'ERR_STORE_UNAVAILABLE',
    });
  }, 30_000);
});

describe('the other endpoints of programs', () => {
  it('say at userinfo that the token is not valid', async () => {
    const answer = await userinfo(openid.api, 'a-token-of-nobody');
    expect(codeOf(answer)).toBe('ERR_OPENID_REFUSED/invalid_token');
    expect(closingLineOf(answer)).toMatchObject({ problem: 'access token not found' });
    expect(stack.output()).not.toContain('a-token-of-nobody');
  });

  it('say at the revocation who may not revoke', async () => {
    const headers = basic(GRAFANA.id, 'wrong');
    const answer = await postToken(openid.api, { token: 'x' }, headers, '/oauth2/revoke');
    expect(codeOf(answer)).toBe('ERR_OPENID_REFUSED/invalid_client');
    expect(closingLineOf(answer)).toMatchObject({ client: GRAFANA.id });
  });

  it('let scripts of a public client read the code', async () => {
    const { origin } = new URL(PAGE.redirectUri);
    const form = { ...NO_CODE, client_id: PAGE.id };
    const answer = await postToken(openid.api, form, { origin });
    expect(codeOf(answer)).toBe('ERR_OPENID_REFUSED/invalid_grant');
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-error-code');
  });
});

describe('a page', () => {
  it('of a redirect address that is not registered has code and request id to pass on', async () => {
    const begun = authorization(openid.api, GRAFANA, { redirect_uri: 'https://x.example.com/' });
    const shown = await page(await new Browser().visit(begun.address));
    expect([shown.status, codeOf(shown)]).toEqual([400, 'ERR_OPENID_REFUSED/invalid_redirect_uri']);
    expect(shown.html).toContain(`${shown.headers.get('x-request-id')}`);
    expect(closingLineOf(shown)).toMatchObject({ client: GRAFANA.id, fault: 'program' });
  });

  it('quotes in the log nothing that could not be parsed', async () => {
    const hint = 'CANARY.CANARY.CANARY';
    const query = new URLSearchParams({ id_token_hint: hint });
    const shown = await page(
      await new Browser().visit(`${openid.api.url}/oauth2/logout?${query}`, {
        headers: { accept: 'text/html' },
      }),
    );
    expect(codeOf(shown)).toBe('ERR_OPENID_REFUSED/invalid_request');
    expect(closingLineOf(shown)).toMatchObject({ problem: 'could not decode id_token_hint' });
    expect(stack.output()).not.toContain('CANARY');
  });

  it('of a member without the permission names it and the client to the operator, and not the person', async () => {
    const browser = new Browser();
    const begun = authorization(openid.api, GITLAB);
    const back = returnAddress(openid, await toWecom(openid, browser, begun));
    const address = await browser.follow(back, (next) => next.includes('/oauth2/refused/'));
    const shown = await page(await browser.visit(address));
    expect([shown.status, codeOf(shown)]).toEqual([403, 'ERR_FORBIDDEN']);
    expect(shown.html).toContain(GITLAB_PERMISSION);
    expect(closingLineOf(shown)).toMatchObject({
      outcome: 'refused',
      client: GITLAB.id,
      permission: GITLAB_PERMISSION,
      advice: expect.stringContaining(`explain <userid> ${GITLAB_PERMISSION}`),
    });

    expect(JSON.stringify(linesOf(shown))).not.toContain('user123');

    // The button: the program is told, and so is the log.
    const told = await browser.visit(address, { method: 'POST' });
    const resume = await browser.visit(told.headers.get('location') ?? '');
    const location = resume.headers.get('location') ?? '';
    expect(isAt(GITLAB)(location)).toBe(true);
    expect(codeOf(resume)).toBeNull();
    expect(linesOf(resume)).toContainEqual(
      expect.objectContaining({ refusal: 'access_denied', client: GITLAB.id }),
    );
  });

  it('offers another account to a member without the permission', async () => {
    const browser = new Browser();
    const begun = authorization(openid.api, GITLAB);
    const back = returnAddress(openid, await toWecom(openid, browser, begun));
    const address = await browser.follow(back, (next) => next.includes('/oauth2/refused/'));
    const { html } = await page(await browser.visit(address));
    const [, href = ''] = /href="([^"]+)"/.exec(html) ?? [];
    const again = new URL(href.replaceAll('&#38;', '&'), openid.api.url);
    expect(again.searchParams.get('state')).toBe(begun.state);
    // The session is not enough for it.
    expect(await toWecom(openid, browser, { ...begun, address: again.href })).toContain('state=');
  });

  it('of a client that was removed in between says that the sign-in is over', async () => {
    const removed = { ...GITLAB, id: 'removed', redirectUri: 'https://removed.example.com/back' };
    await openid.register(removed, { permission: GITLAB_PERMISSION });
    const browser = new Browser();
    const back = returnAddress(
      openid,
      await toWecom(openid, browser, authorization(openid.api, removed)),
    );
    const address = await browser.follow(back, (next) => next.includes('/oauth2/refused/'));
    await stack.permissions.delete(clientKey(stack.wecom.company.corpid, removed.id));
    const shown = await page(await browser.visit(address));
    expect([shown.status, codeOf(shown)]).toEqual([400, 'ERR_STATE_REFUSED/expired']);
  });

  it.each([
    ['without a state', 'code=abc', 'absent'],
    ['with a state that nobody issued', `code=abc&state=${'a'.repeat(32)}`, 'unknown'],
  ])('of a return %s says so', async (_, query, reason) => {
    const address = `${openid.api.url}/oauth2/wecom?${query}`;
    const shown = await page(await new Browser().visit(address));
    expect(codeOf(shown)).toBe(`ERR_STATE_REFUSED/${reason}`);
    expect(closingLineOf(shown)).toMatchObject({
      fault: 'visitor',
      refusal: reason,
      advice: expect.any(String),
    });
  });

  it('of a return in another browser says so', async () => {
    const wecom = await toWecom(openid, new Browser(), authorization(openid.api));
    const other = new Browser();
    await toWecom(openid, other, authorization(openid.api));
    const shown = await page(await other.visit(returnAddress(openid, wecom)));
    expect(codeOf(shown)).toBe('ERR_STATE_REFUSED/other-browser');
  });

  it('of a return in a browser that sends no cookie at all says so', async () => {
    const browser = new Browser({ keepsCookies: false });
    const wecom = await toWecom(openid, browser, authorization(openid.api));
    const shown = await page(await browser.visit(returnAddress(openid, wecom)));
    expect([shown.status, codeOf(shown)]).toEqual([400, 'ERR_STATE_REFUSED/no-cookies']);
    expect(shown.html).toContain('Your browser sends no cookies');
    expect(closingLineOf(shown)).toMatchObject({ outcome: 'refused', refusal: 'no-cookies' });
  });

  it('of the account says why it signs nobody out', async () => {
    const browser = new Browser();
    await signIn(openid, browser, authorization(openid.api));
    const address = `${openid.api.url}/oauth2/account`;
    const [, xsrf = ''] =
      /name="xsrf" value="([^"]+)"/.exec(await (await browser.visit(address)).text()) ?? [];
    const send = async (value: string) => {
      const body = new URLSearchParams({ xsrf: value });
      return page(await browser.visit(address, { method: 'POST', body }));
    };
    const wrong = await send('of another session');
    expect([wrong.status, codeOf(wrong)]).toEqual([400, 'ERR_INVALID_REQUEST']);
    expect(closingLineOf(wrong)).toMatchObject({ outcome: 'refused', fault: 'visitor' });
    const removed = stack.invocable.splice(0);
    const failed = await send(xsrf);
    stack.invocable.push(...removed);
    expect([failed.status, codeOf(failed)]).toEqual([503, 'ERR_HAND_OVER']);
    expect(closingLineOf(failed)).toMatchObject({ outcome: 'failed', fault: 'aws' });
  });

  it('of somebody who is no member says so', async () => {
    const browser = new Browser();
    const wecom = await toWecom(openid, browser, authorization(openid.api));
    const state = new URL(wecom).searchParams.get('state') ?? '';
    const code = stack.wecom.codes.mint({ visitor: 'stranger' });
    const query = new URLSearchParams({ code, state });
    const shown = await page(await browser.visit(`${openid.api.url}/oauth2/wecom?${query}`));
    expect([shown.status, codeOf(shown)]).toEqual([403, 'ERR_NOT_A_MEMBER']);
    expect(closingLineOf(shown)).toMatchObject({ outcome: 'refused', error: 'ERR_NOT_A_MEMBER' });
  });
});

describe('an error that goes back to the program', () => {
  it('is a refusal of the program in the last line, and in the header', async () => {
    const begun = authorization(openid.api, GRAFANA, { scope: 'profile' });
    const response = await new Browser().visit(begun.address);
    expect(response.status).toBe(303);
    expect(codeOf(response)).toBe('ERR_OPENID_REFUSED/invalid_request');
    expect(closingLineOf(response)).toMatchObject({
      level: 'INFO',
      outcome: 'refused',
      error: 'ERR_OPENID_REFUSED',
      refusal: 'invalid_request',
      client: GRAFANA.id,
      problem: expect.stringContaining('openid scope'),
      fault: 'program',
    });
  });

  it('is an answer like any other where prompt=none finds nobody', async () => {
    const begun = authorization(openid.api, GRAFANA, { prompt: 'none' });
    const back = await pass(new Browser(), begun);
    expect(back.searchParams.get('error')).toBe('login_required');
    const line = stack.log().findLast(({ refusal }) => refusal === 'login_required');
    expect(line).toMatchObject({ level: 'INFO', client: GRAFANA.id });
    expect(stack.log().at(-1)).toMatchObject({ outcome: 'success', fault: 'none' });
  });
});

describe('a refusal at an address that a person opens', () => {
  it.each(['text/html', '*/*', 'application/json'])('is a page for Accept: %s', async (accept) => {
    for (const [method, path] of [
      ['GET', '/oauth2/authorize?client_id=nobody'],
      ['GET', '/oauth2/logout?id_token_hint=x'],
      ['POST', '/oauth2/logout/confirm'],
    ] as const) {
      const answer = await fetch(openid.api.url + path, { method, headers: { accept } });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type'), path).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('content-security-policy'), path).toContain("default-src 'none'");
    }
  });
});
