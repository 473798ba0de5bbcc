import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/signOuts.ts';
import { Browser } from '../harness/browser.ts';
import { contextOf } from '../harness/gateway.ts';
import { passes } from '../harness/passes.ts';
import { people, type SignedIn } from '../harness/people.ts';
import {
  authorization,
  type OpenidStack,
  pass,
  startOpenid,
  userinfo,
} from '../harness/relyingParty.ts';
import type { Stack } from '../harness/stack.ts';

let openid: OpenidStack;
let stack: Stack;

beforeAll(async () => {
  openid = await startOpenid();
  stack = openid.stack;
});
beforeEach(() => passes(0));
afterEach(() => {
  vi.useRealTimers();
});

const { newcomer, application, signInTo, statusesOf, silently, logout } = people(() => openid);

const run = (event: unknown) => createHandler(stack.environment)(event, contextOf());
const work = (userid: string) => ({
  id: randomUUID(),
  subs: [userid],
  isCertain: true,
  at: Date.now(),
});

describe('of two sign-outs of one person', () => {
  it('that are repeated by turns, neither ends a sign-in that began since', async () => {
    const userid = await newcomer();
    const told = await application();
    await signInTo(userid, [told]);
    passes(2);
    const [one, other] = [work(userid), work(userid)];
    await run(one);
    await run(other);
    passes(2);
    const [again] = (await signInTo(userid, [told])) as [SignedIn];
    passes(60);
    await run(one);
    await run(other);
    expect((await userinfo(openid.api, again.access_token)).status).toBe(200);
    expect(told.receiver.tokens).toHaveLength(1);
  });
});

describe('a sign-out that was asked for in the future', () => {
  it('keeps nobody out for more than a minute', async () => {
    const userid = await newcomer();
    const told = await application();
    await signInTo(userid, [told]);
    await run({ ...work(userid), at: Date.now() + 365 * 86_400_000 });
    passes(61);
    const [again] = (await signInTo(userid, [told])) as [SignedIn];
    expect((await userinfo(openid.api, again.access_token)).status).toBe(200);
  });
});

describe('a person who stays signed in', () => {
  it.each(['with a client id', 'with an ID token'])(
    'when an application asks for a sign-out %s keeps everything',
    async (how) => {
      const userid = await newcomer();
      const told = await application();
      const browser = new Browser();
      const [signedIn] = (await signInTo(userid, [told], browser)) as [SignedIn];
      const query: Record<string, string> =
        how === 'with a client id'
          ? { client_id: told.party.id }
          : { id_token_hint: signedIn.id_token };
      await logout(browser, {}, `?${new URLSearchParams(query)}`);
      expect(await silently(browser, told.party)).toBe('signed in');
      expect((await userinfo(openid.api, signedIn.access_token)).status).toBe(200);
      expect(told.receiver.tokens).toEqual([]);
    },
  );
});

describe('a logout token', () => {
  it('is worth nothing as a bearer token, or as a hint of who signs in', async () => {
    const userid = await newcomer();
    const told = await application();
    await signInTo(userid, [told]);
    await run(work(userid));
    const [token = ''] = told.receiver.tokens;
    expect(token).not.toBe('');
    expect((await userinfo(openid.api, token)).status).toBe(401);
    const strict = await stack.newInstance({ VERIFY_ACCESS: 'session' });
    strict.environment['SESSION_ISSUER'] = openid.api.url;
    const verify = `${strict.url}/api/wecom/verify/${userid}`;
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(verify, { headers })).status).toBe(401);
    const other = new Browser();
    await signInTo(await newcomer(), [told], other);
    for (const browser of [other, new Browser()]) {
      const asked = { prompt: 'none', id_token_hint: token };
      const back = await pass(browser, authorization(openid.api, told.party, asked));
      expect(back.searchParams.get('error')).toBe('login_required');
    }
  });

  it('signs nobody out as the hint of a sign-out that is not confirmed', async () => {
    const userid = await newcomer();
    const told = await application();
    await signInTo(userid, [told]);
    await run(work(userid));
    const browser = new Browser();
    await signInTo(await newcomer(), [told], browser);
    const id_token_hint = told.receiver.tokens[0] ?? '';
    await logout(browser, {}, `?${new URLSearchParams({ id_token_hint })}`);
    expect(await silently(browser, told.party)).toBe('signed in');
  });
});

describe('the form that signs out everywhere', () => {
  it('promises nothing where AWS Lambda does not take the work, and the person can press again', async () => {
    const userid = await newcomer();
    const told = await application();
    const browser = new Browser();
    const [signedIn] = (await signInTo(userid, [told], browser)) as [SignedIn];
    const address = `${openid.api.url}/oauth2/account`;
    const press = async () => {
      const html = await (await browser.visit(address)).text();
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
      return browser.visit(address, { method: 'POST', body: new URLSearchParams({ xsrf }) });
    };
    passes(2);
    const removed = stack.invocable.splice(0);
    const refused = await press();
    stack.invocable.push(...removed);
    expect(refused.status).toBe(503);
    expect(await refused.text()).not.toContain('正在所有设备上退出');
    expect((await press()).status).toBe(200);
    await stack.handedOver.settled();
    expect(await statusesOf(signedIn)).toEqual([401, 400, 'invalid_grant']);
  });
});
