import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/signOuts.ts';
import { Browser } from '../harness/browser.ts';
import { receiveCallbacks } from '../harness/callbackTargets.ts';
import { contextOf } from '../harness/gateway.ts';
import { type Behaviour, verifyLogoutToken } from '../harness/logoutReceiver.ts';
import { passes } from '../harness/passes.ts';
import { people, type SignedIn } from '../harness/people.ts';
import {
  authorization,
  isAt,
  type OpenidStack,
  pass,
  payloadOf,
  redeemCode,
  refresh,
  startOpenid,
  userinfo,
} from '../harness/relyingParty.ts';
import type { Stack } from '../harness/stack.ts';

let openid: OpenidStack;
let stack: Stack;
let corpId: string;

beforeAll(async () => {
  openid = await startOpenid();
  stack = openid.stack;
  corpId = stack.wecom.company.corpid;
  receiveCallbacks(stack.wecom, openid.api.url);
});

beforeEach(() => {
  vi.useRealTimers();
  stack.lambda.isBroken = false;
  stack.wecom.faults.clear();
});

const { newcomer, application, signInTo, happens, statusesOf, silently, logout } = people(
  () => openid,
);

const waysToLeave = [
  ['leaves', (userid: string) => stack.wecom.administrator.leave(userid)],
  ['is disabled', (userid: string) => stack.wecom.administrator.update(userid, { status: 2 })],
] as const;

describe.each(waysToLeave)('a member who %s', (_, change) => {
  it('is signed out of each application, which is told by a token for this very sign-in', async () => {
    const userid = await newcomer();
    const applications = [await application(), await application(), await application()];
    const browser = new Browser();
    const signedIn = await signInTo(userid, applications, browser);
    await happens(() => change(userid));
    for (const [at, { party, receiver }] of applications.entries()) {
      expect(receiver.tokens).toHaveLength(1);
      const told = await verifyLogoutToken(receiver.tokens[0] ?? '', openid.api.url, party.id);
      expect(told).toMatchObject({ sub: userid, sid: signedIn[at]?.sid });
      expect(await statusesOf(signedIn[at] as SignedIn)).toEqual([401, 400, 'invalid_grant']);
      expect(await silently(browser, party)).toBe('login_required');
    }
  });

  it('is told of by each browser that they used', async () => {
    const userid = await newcomer();
    const only = await application();
    const signedIn = [...(await signInTo(userid, [only])), ...(await signInTo(userid, [only]))];
    await happens(() => change(userid));
    const told = await Promise.all(
      only.receiver.tokens.map((each) => verifyLogoutToken(each, openid.api.url, only.party.id)),
    );
    expect(told.map(({ sid }) => sid).sort()).toEqual(signedIn.map(({ sid }) => sid).sort());
  });

  it('while every event is lost, is found out by a refresh an hour later', async () => {
    const userid = await newcomer();
    const { party, receiver } = await application();
    const browser = new Browser();
    const [signedIn] = (await signInTo(userid, [{ party, receiver }], browser)) as [SignedIn];
    stack.wecom.callbacks.setTarget('contacts', undefined);
    stack.wecom.callbacks.setTarget('app', undefined);
    change(userid);
    await stack.wecom.callbacks.settled();
    passes(3_601);
    const refreshed = await refresh(openid.api, party, signedIn.refresh_token);
    expect(refreshed.body['error']).toBe('invalid_grant');
    await stack.handedOver.settled();
    expect(receiver.tokens).toHaveLength(1);
    expect(await silently(browser, party)).toBe('login_required');
    receiveCallbacks(stack.wecom, openid.api.url);
  });
});

describe('a member stays signed in', () => {
  it.each([
    ['gets another name', { name: 'Another' }],
    ['gets another userid', { userid: 'renamed-person' }],
    ['moves to another department', { department: [3], main_department: 3 }],
  ])('who %s', async (_, fields) => {
    const userid = await newcomer();
    const told = await application();
    const browser = new Browser();
    const [signedIn] = (await signInTo(userid, [told], browser)) as [SignedIn];
    await happens(() => stack.wecom.administrator.update(userid, fields));
    expect(told.receiver.tokens).toEqual([]);
    expect((await refresh(openid.api, told.party, signedIn.refresh_token)).status).toBe(200);
    expect(await silently(browser, told.party)).toBe('signed in');
  });

  it('who gets another userid, and goes by it from the next refresh on', async () => {
    const userid = await newcomer();
    const told = await application();
    const [signedIn] = (await signInTo(userid, [told])) as [SignedIn];
    const renamed = `${userid}-by-another-name`;
    await happens(() => stack.wecom.administrator.update(userid, { userid: renamed }));
    const { body } = await refresh(openid.api, told.party, signedIn.refresh_token);
    expect(payloadOf(body['id_token'] ?? '')).toMatchObject({
      sub: payloadOf(signedIn.id_token)['sub'],
      preferred_username: renamed,
    });
  });

  it('of whom WeCom cannot be asked; the work is kept', async () => {
    const userid = await newcomer();
    const told = await application();
    await signInTo(userid, [told]);
    stack.wecom.faults.add({ kind: 'reset', on: 'user/get' });
    const before = stack.handedOver.deadLetters.length;
    const moved = { department: [3], main_department: 3 };
    await happens(() => stack.wecom.administrator.update(userid, moved));
    expect(told.receiver.tokens).toEqual([]);
    expect(stack.handedOver.deadLetters).toHaveLength(before + 1);
  });
});

describe("a member about whom WeCom's answer cannot be read", () => {
  it.each([
    ['errcode', 'x'],
    ['status', 'x'],
  ])('is signed out of nothing (%s is %j); the work is kept', async (field, value) => {
    const userid = await newcomer();
    const told = await application();
    await signInTo(userid, [told]);
    stack.wecom.faults.add({ kind: 'set-field', on: 'user/get', field, value });
    const before = stack.handedOver.deadLetters.length;
    await happens(() =>
      stack.wecom.administrator.update(userid, { department: [3], main_department: 3 }),
    );
    expect(told.receiver.tokens).toEqual([]);
    expect(stack.handedOver.deadLetters).toHaveLength(before + 1);
    stack.wecom.faults.clear();
  });
});

describe('a member who gets another userid and leaves under it at once', () => {
  it('is signed out, although nobody is known under the new userid yet', async () => {
    const userid = await newcomer();
    const told = await application();
    const [signedIn] = (await signInTo(userid, [told])) as [SignedIn];
    // The grants are settled only after both events.
    const held = stack.invocable.splice(0);
    const renamed = `${userid}-renamed`;
    stack.wecom.administrator.update(userid, { userid: renamed });
    stack.wecom.administrator.leave(renamed);
    stack.invocable.push(...held);
    await stack.wecom.callbacks.settled();
    await stack.handedOver.settled();
    expect(await statusesOf(signedIn)).toEqual([401, 400, 'invalid_grant']);
    expect(told.receiver.tokens).toHaveLength(1);
  });
});

describe('an application', () => {
  it('that is down for one try is told by the next, by a token of its own', async () => {
    const userid = await newcomer();
    const [down, up] = [await application('is down'), await application()];
    await signInTo(userid, [down, up]);
    const { receiver } = down;
    const push = receiver.tokens.push.bind(receiver.tokens);
    receiver.tokens.push = (...tokens) => {
      if (receiver.tokens.length === 1) receiver.behaviour = 'accepts';
      return push(...tokens);
    };
    await happens(() => stack.wecom.administrator.leave(userid));
    expect(up.receiver.tokens).toHaveLength(1);
    expect(receiver.tokens).toHaveLength(2);
    const tries = await Promise.all(
      receiver.tokens.map((each) => verifyLogoutToken(each, openid.api.url, down.party.id)),
    );
    expect(tries[0]?.sid).toBe(tries[1]?.sid);
    expect(tries[0]?.jti).not.toBe(tries[1]?.jti);
  });

  it.each<Behaviour>(['is down', 'never answers', 'redirects'])(
    'that %s keeps no other from being told, and is a dead letter after three tries',
    async (behaviour) => {
      const userid = await newcomer();
      const [odd, up] = [await application(behaviour), await application()];
      await signInTo(userid, [odd, up]);
      const [letters, lines] = [stack.handedOver.deadLetters.length, stack.printed.length];
      await happens(() => stack.wecom.administrator.leave(userid));
      expect(up.receiver.tokens).toHaveLength(1);
      expect(odd.receiver.tokens).toHaveLength(3);
      expect(stack.handedOver.deadLetters).toHaveLength(letters + 1);
      const warnings = stack
        .log()
        .slice(-(stack.printed.length - lines))
        .filter(({ LogoutNotDelivered }) => LogoutNotDelivered === 1);
      expect(warnings).toHaveLength(3);
      expect(warnings[0]).toMatchObject({ clientId: odd.party.id, level: 'WARN' });
      const text = JSON.stringify(warnings);
      for (const token of odd.receiver.tokens) expect(text).not.toContain(token);
      expect(text).not.toContain(odd.receiver.url);
      // When it is back, the same work tells it, and nobody else.
      odd.receiver.behaviour = 'accepts';
      const letter = stack.handedOver.deadLetters.at(-1)?.event ?? '';
      await createHandler(stack.environment)(JSON.parse(letter), contextOf());
      expect(odd.receiver.tokens).toHaveLength(4);
      expect(up.receiver.tokens).toHaveLength(1);
    },
    30_000,
  );

  it('that was removed is not told, and not waited for', async () => {
    const userid = await newcomer();
    const { party, receiver } = await application();
    await signInTo(userid, [{ party, receiver }]);
    await stack.permissions.delete({ pk: `${corpId}#clients`, sk: party.id });
    const before = stack.handedOver.deadLetters.length;
    await happens(() => stack.wecom.administrator.leave(userid));
    expect(receiver.tokens).toEqual([]);
    expect(stack.handedOver.deadLetters).toHaveLength(before);
  });
});

describe('signing out of the provider', () => {
  it('ends what rests on the session, and tells each of its applications', async () => {
    const userid = await newcomer();
    const applications = [await application(), await application()];
    const [browser, other] = [new Browser(), new Browser()];
    const signedIn = await signInTo(userid, applications, browser);
    const [elsewhere] = (await signInTo(userid, applications.slice(0, 1), other)) as [SignedIn];
    await logout(browser, { logout: 'yes' });
    for (const [at, { receiver, party }] of applications.entries()) {
      expect(receiver.tokens).toHaveLength(1);
      const told = await verifyLogoutToken(receiver.tokens[0] ?? '', openid.api.url, party.id);
      expect(told.sid).toBe(signedIn[at]?.sid);
      expect(await statusesOf(signedIn[at] as SignedIn)).toEqual([401, 400, 'invalid_grant']);
    }
    // The other browser's session is another one.
    expect((await userinfo(openid.api, elsewhere.access_token)).status).toBe(200);
    expect(await silently(other, elsewhere.party)).toBe('signed in');
  });

  it('tells both of two applications that the browser signed in to at once', async () => {
    const userid = await newcomer();
    const [first, one, two] = [await application(), await application(), await application()];
    const browser = new Browser();
    await signInTo(userid, [first], browser);
    const both = [one, two].map(({ party }) => authorization(openid.api, party));
    const backs = await Promise.all(both.map((begun) => pass(browser, begun)));
    for (const [at, begun] of both.entries()) {
      expect((await redeemCode(openid.api, begun, backs[at] as URL)).status).toBe(200);
    }
    await logout(browser, { logout: 'yes' });
    for (const { receiver } of [first, one, two]) expect(receiver.tokens).toHaveLength(1);
  });

  it('that the person does not confirm ends nothing', async () => {
    const userid = await newcomer();
    const told = await application();
    const browser = new Browser();
    const [signedIn] = (await signInTo(userid, [told], browser)) as [SignedIn];
    await logout(browser, {});
    expect(told.receiver.tokens).toEqual([]);
    expect((await userinfo(openid.api, signedIn.access_token)).status).toBe(200);
  });

  it('ends here also where AWS Lambda takes no work; the log says of whom nobody is told', async () => {
    const userid = await newcomer();
    const told = await application();
    const browser = new Browser();
    const [signedIn] = (await signInTo(userid, [told], browser)) as [SignedIn];
    const lines = stack.printed.length;
    const removed = stack.invocable.splice(0);
    await logout(browser, { logout: 'yes' });
    stack.invocable.push(...removed);
    expect(await statusesOf(signedIn)).toEqual([401, 400, 'invalid_grant']);
    const log = stack.log().slice(-(stack.printed.length - lines));
    expect(log).toContainEqual(
      expect.objectContaining({ SignOutNotHandedOver: 1, sub: userid, error: 'ERR_HAND_OVER' }),
    );
    expect(told.receiver.tokens).toEqual([]);
  });
});

describe("a person's own page", () => {
  const address = () => `${openid.api.url}/oauth2/account`;
  const english = { headers: { 'accept-language': 'en' } };
  const shown = async (browser: Browser) => (await browser.visit(address(), english)).text();
  const press = (browser: Browser, html: string, headers: Record<string, string> = {}) =>
    browser.visit(address(), {
      method: 'POST',
      headers,
      body: new URLSearchParams({ xsrf: /name="xsrf" value="([^"]+)"/.exec(html)?.[1] ?? '' }),
    });

  it('shows the applications by name, and which of them this browser signed in to', async () => {
    const userid = await newcomer();
    const [here, elsewhere] = [await application(), await application()];
    const browser = new Browser();
    await signInTo(userid, [here], browser);
    await signInTo(userid, [elsewhere]);
    const html = await shown(browser);
    expect(html).toMatch(`The ${here.party.id} <small>this browser`);
    expect(html).toMatch(`The ${elsewhere.party.id} <small>another browser`);
    expect(html).not.toContain(userid);
  });

  it('signs out everywhere', async () => {
    const userid = await newcomer();
    const [one, two] = [await application(), await application()];
    const [browser, other] = [new Browser(), new Browser()];
    const signedIn = [
      ...(await signInTo(userid, [one], browser)),
      ...(await signInTo(userid, [two], other)),
    ];
    const pressed = await press(browser, await shown(browser));
    expect([pressed.status, await pressed.text()]).toEqual([
      200,
      expect.stringContaining('正在所有设备上退出'),
    ]);
    await stack.handedOver.settled();
    for (const { receiver } of [one, two]) expect(receiver.tokens).toHaveLength(1);
    for (const each of signedIn) {
      expect(await statusesOf(each)).toEqual([401, 400, 'invalid_grant']);
    }
    expect(await silently(other, two.party)).toBe('login_required');
    expect(await shown(browser)).toContain('You are not signed in');
  });

  it('shows a stranger nothing', async () => {
    expect(await shown(new Browser())).toContain('You are not signed in');
    const pressed = await press(new Browser(), '<input name="xsrf" value="x">');
    expect(await pressed.text()).toContain('你没有登录');
  });

  it("takes no form but its own session's", async () => {
    const userid = await newcomer();
    const told = await application();
    const [browser, attacker] = [new Browser(), new Browser()];
    await signInTo(userid, [told], browser);
    await signInTo(await newcomer(), [await application()], attacker);
    for (const html of ['', 'name="xsrf" value="guessed"', await shown(attacker)]) {
      expect((await press(browser, html)).status).toBe(400);
    }
    await stack.handedOver.settled();
    expect(told.receiver.tokens).toEqual([]);
    expect(await silently(browser, told.party)).toBe('signed in');
  });

  it('shows a name as text, whatever it is', async () => {
    const userid = await newcomer();
    const told = await application();
    await openid.register(told.party, {
      revision: 2,
      name: '<img src=x onerror=alert(1)>"&',
      backchannelLogoutUri: told.receiver.url,
      refresh: true,
    });
    const browser = new Browser();
    await signInTo(userid, [told], browser);
    expect(await shown(browser)).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#38;');
  });
});

describe('the work', () => {
  const run = (event: unknown) => createHandler(stack.environment)(event, contextOf());

  it('of a sign-out that is repeated ends nothing that began since', async () => {
    const userid = await newcomer();
    const told = await application();
    await signInTo(userid, [told]);
    const work = { id: randomUUID(), subs: [userid], isCertain: true, at: Date.now() };
    await run(work);
    expect(told.receiver.tokens).toHaveLength(1);
    passes(2);
    const [again] = (await signInTo(userid, [told])) as [SignedIn];
    await run(work);
    expect(told.receiver.tokens).toHaveLength(1);
    expect((await userinfo(openid.api, again.access_token)).status).toBe(200);
    await run({ ...work, id: randomUUID(), at: Date.now() });
    expect(told.receiver.tokens).toHaveLength(2);
    expect(await statusesOf(again)).toEqual([401, 400, 'invalid_grant']);
  });

  it('that is not certain ends nothing of an active member', async () => {
    const userid = await newcomer();
    const told = await application();
    const [signedIn] = (await signInTo(userid, [told])) as [SignedIn];
    await run({ id: randomUUID(), subs: [userid], isCertain: false, at: Date.now() });
    expect(told.receiver.tokens).toEqual([]);
    expect((await userinfo(openid.api, signedIn.access_token)).status).toBe(200);
  });

  it('of any other form is refused as it is, and ends nothing', async () => {
    const userid = await newcomer();
    const told = await application();
    await signInTo(userid, [told]);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.jsonValue(),
          fc.record({
            id: fc.jsonValue(),
            subs: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()), fc.constant([userid])),
            isCertain: fc.oneof(fc.constantFrom('true', 1, null), fc.string()),
          }),
          fc.record({ id: fc.string(), sub: fc.jsonValue(), session: fc.string() }),
        ),
        async (event) => {
          await expect(run(event)).rejects.toThrow('Not every application was told');
        },
      ),
      { numRuns: 100 },
    );
    expect(told.receiver.tokens).toEqual([]);
  });
});

describe('two sign-ins of one browser', () => {
  it('at once at one application are two sign-ins, and both end', async () => {
    const userid = await newcomer();
    const told = await application();
    const browser = new Browser();
    await signInTo(userid, [told], browser);
    const both = [1, 2].map(() => authorization(openid.api, told.party));
    const backs = await Promise.all(
      both.map(({ address }) => browser.follow(address, isAt(told.party))),
    );
    const tokens = await Promise.all(
      both.map((begun, at) => redeemCode(openid.api, begun, new URL(backs[at] ?? ''))),
    );
    await happens(() => stack.wecom.administrator.leave(userid));
    for (const { body } of tokens) {
      expect((await userinfo(openid.api, body['access_token'] ?? '')).status).toBe(401);
    }
  });
});
