import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { receiveCallbacks } from '../harness/callbackTargets.ts';
import { proof, redeem } from '../harness/journey.ts';
import { people } from '../harness/people.ts';
import {
  GRAFANA,
  type OpenidStack,
  refresh,
  startOpenid,
  tokensOf,
  userinfo,
} from '../harness/relyingParty.ts';
import type { Stack } from '../harness/stack.ts';

/*
 * DynamoDB carries a write out, and its answer is lost. AWS's client sends the request again, whose condition
 * no longer holds. Nobody may be refused by a write of their own.
 */

let openid: OpenidStack;
let stack: Stack;
let url: string;

beforeAll(async () => {
  openid = await startOpenid();
  stack = openid.stack;
  url = openid.api.url;
  receiveCallbacks(stack.wecom, url);
  // The access_token is at hand from here on.
  await redeem(url, await proof(url));
});

const { newcomer, application, signInTo, happens, statusesOf, silently, logout } = people(
  () => openid,
);

beforeEach(() => {
  stack.wecom.faults.clear();
  stack.dynamoDb.fail('loses-answers');
});
afterEach(() => stack.dynamoDb.fail(undefined));

describe('while the first answer to each write is lost', () => {
  it('a sign-in with a state gets the member and a session', async () => {
    const answer = await redeem(url, await proof(url));
    expect(answer).toMatchObject({ status: 200, body: { data: { userid: 'user123' } } });
    expect(answer.body.session?.access_token).toBeTruthy();
  });

  it('a sign-in that WeCom was too busy for may be tried again, and then succeeds', async () => {
    const body = await proof(url);
    stack.wecom.faults.add(-1, { on: 'auth/getuserinfo', times: 4 });
    const first = await redeem(url, body);
    expect(first.status).toBe(503);
    expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0);
    stack.wecom.faults.clear();
    expect(await redeem(url, body)).toMatchObject({ status: 200 });
  });

  it('an OpenID sign-in gets its tokens, userinfo and a refresh', async () => {
    const tokens = await tokensOf(openid, GRAFANA, { scope: 'openid profile offline_access' });
    expect(await userinfo(openid.api, tokens.access_token)).toMatchObject({ status: 200 });
    const refreshed = await refresh(openid.api, GRAFANA, tokens.refresh_token);
    expect(refreshed.status).toBe(200);
  });

  it('a sign-out ends the session and tells the application once', async () => {
    const { party, receiver } = await application();
    const browser = new Browser();
    const [signedIn] = await signInTo(await newcomer(), [{ party, receiver }], browser);
    await logout(browser, { logout: 'yes' });
    await stack.handedOver.settled();
    expect(receiver.tokens).toHaveLength(1);
    expect(await silently(browser, party)).toBe('login_required');
    expect(await statusesOf(signedIn as NonNullable<typeof signedIn>)).toEqual([
      401,
      400,
      'invalid_grant',
    ]);
  });

  it('a member who leaves is refused, and each application is told once', async () => {
    const userid = await newcomer();
    const only = await application();
    await signInTo(userid, [only]);
    await happens(() => stack.wecom.administrator.leave(userid));
    expect(only.receiver.tokens).toHaveLength(1);
    const answer = await fetch(`${url}/api/wecom/verify/${userid}`);
    expect(await answer.json()).toMatchObject({ data: { authorized: false } });
  });
});
