import * as oidc from 'openid-client';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { worker } from '../../lib/http/worker.ts';
import { memberPseudonym } from '../../lib/log/pseudonym.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import { Browser } from '../harness/browser.ts';
import { contextOf, type Gateway } from '../harness/gateway.ts';
import { proof, redeem } from '../harness/journey.ts';
import { CLIENT_ID, discover, registerClient, signInByBrowser } from '../harness/openidSignIn.ts';
import { permit } from '../harness/permit.ts';
import { LOG_KEY, type Stack, startStack } from '../harness/stack.ts';

/*
 * What the line says that every request ends with, beside how it ended: whom it is about, and where the
 * other logs have it.
 */

let stack: Stack;
let api: Gateway;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance();
});

beforeEach(() => stack.wecom.faults.clear());

const pseudonym = (userid: string) => memberPseudonym(LOG_KEY, stack.wecom.company.corpid, userid);

/** The closing line of the request that the work makes. */
async function lineOf(work: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const before = stack.log().length;
  await work();
  const lines = stack.log().slice(before);
  const [line, ...others] = lines.filter((each) => each['status'] !== undefined);
  expect(others).toEqual([]);
  return line ?? {};
}

const verify = (path: string, init?: RequestInit) => () =>
  fetch(`${api.url}/api/wecom/verify/${path}`, init);

describe('the ids of other logs', () => {
  it("are API Gateway's request id and the trace", async () => {
    const headers = { 'x-amzn-trace-id': 'Self=1-2-3;Root=1-67891233-abcdef012345678912345678' };
    const line = await lineOf(verify('user123', { headers }));
    expect(line).toMatchObject({
      gatewayRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      traceId: '1-67891233-abcdef012345678912345678',
    });
  });

  it("are Lambda's own trace rather than the header's, also of work without a route", async () => {
    const root = '1-5759e988-bd862e3fe1be46a994272793';
    vi.stubEnv('_X_AMZN_TRACE_ID', `Root=${root};Parent=53995c3f42cd8ad8;Sampled=1`);
    const headers = { 'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678' };
    expect(await lineOf(verify('user123', { headers }))).toMatchObject({ traceId: root });
    const work = worker({ name: 'x', environment: {}, done: '', failed: '' }, async () => ({}));
    expect(await lineOf(() => work({}, contextOf()))).toMatchObject({ traceId: root });
    vi.stubEnv('_X_AMZN_TRACE_ID', undefined);
  });

  it('are absent where there is none: a header of another form is not logged', async () => {
    const headers = { 'x-amzn-trace-id': 'CANARY' };
    const line = await lineOf(verify('user123', { headers }));
    expect(line).not.toHaveProperty('traceId');
    expect(JSON.stringify(line)).not.toContain('CANARY');
  });
});

describe("verify's line", () => {
  it('has the member, the permission and the decision with the kind of grant', async () => {
    await stack.permissions.put(
      grantItem(stack.wecom.company.corpid, {
        subject: 'department#1',
        permission: 'reports',
        effect: 'deny',
        note: 'CANARY',
        by: 'test',
        at: Date.now(),
      }),
    );
    const line = await lineOf(verify('User123?permission=reports'));
    expect(line).toMatchObject({
      member: pseudonym('user123'),
      permission: 'reports',
      authorized: false,
      decision: 'denied',
      decidedBy: 'department',
    });
    expect(JSON.stringify(line)).not.toMatch(/user123|CANARY/i);
  });

  it('has the decision without a grant too', async () => {
    const line = await lineOf(verify('user123?permission=nothing'));
    expect(line).toMatchObject({ authorized: false, decision: 'no-grant' });
    expect(line).not.toHaveProperty('decidedBy');
  });

  it('has nothing of a member on a stage without the key', async () => {
    const { verify: handler } = stack.handlers({ LOG_KEY: undefined });
    const event = { pathParameters: { userId: 'user123' } };
    const line = await lineOf(() => handler(event, contextOf()));
    expect(line).toMatchObject({ decision: expect.any(String) });
    expect(line).not.toHaveProperty('member');
  });
});

describe('the line of a sign-in', () => {
  const code = () => stack.wecom.codes.mint({ userid: 'user123', scope: 'snsapi_base' });

  it('has the member, also of a repeated request that another instance answers', async () => {
    const body = await proof(api.url);
    const first = await lineOf(() => redeem(api.url, body));
    expect(first).toMatchObject({ outcome: 'success', member: pseudonym('user123') });
    const other = await stack.newInstance();
    const second = await lineOf(() => redeem(other.url, body));
    expect(second).toMatchObject({ outcome: 'success', member: pseudonym('user123') });
  });

  it('has the member whom WeCom then refuses', async () => {
    stack.wecom.faults.add(60011, { on: 'user/get' });
    const line = await lineOf(() => redeem(api.url, { code: code() }));
    expect(line).toMatchObject({ errcode: 60011, member: pseudonym('user123') });
  });

  it('has none where nobody is known: an expired code', async () => {
    stack.wecom.faults.add(42003, { on: 'auth/getuserinfo' });
    const line = await lineOf(() => redeem(api.url, { code: code() }));
    expect(line).toMatchObject({ errcode: 42003 });
    expect(line).not.toHaveProperty('member');
  });
});

describe('the lines of a sign-in at a program', () => {
  it('have the client, the member and the decision, from the return of WeCom on', async () => {
    const provider = await stack.newInstance();
    provider.environment['SESSION_ISSUER'] = provider.url;
    const { company, url } = stack.wecom;
    const app = company.apps.find(({ agentid }) => agentid === 1000002);
    app?.trusted_domains.unshift(new URL(provider.url).host);
    await registerClient(stack.permissions, company.corpid);
    await permit(stack, 'department#1');
    const configuration = await discover(provider.url);
    const before = stack.log().length;
    const back = await signInByBrowser(configuration, new Browser(), url);
    const tokens = await oidc.authorizationCodeGrant(configuration, back.address, back.checks);
    await oidc.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
    const lines = stack.log().slice(before);
    const member = pseudonym('user123');
    const client = CLIENT_ID;
    const decision = { authorized: true, decision: 'allowed', decidedBy: 'department' };
    const [asked, returned, resumed, code, refresh] = lines
      .filter(({ route, status }) => status !== undefined && /oauth2/.test(String(route)))
      .map(({ route, member, client, permission, authorized, decision, decidedBy }) => {
        return { route, member, client, permission, authorized, decision, decidedBy };
      });
    expect(asked).toMatchObject({ route: 'GET /oauth2/authorize', member: undefined });
    expect(returned).toMatchObject({ route: 'GET /oauth2/wecom', member, client });
    expect(resumed).toMatchObject({ member, client, permission: 'access', ...decision });
    expect(code).toMatchObject({ route: 'POST /oauth2/token', member });
    expect(refresh).toMatchObject({ member, client, permission: 'access', ...decision });
    expect(JSON.stringify(lines)).not.toMatch(/user123/i);
  });
});
