import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/signOuts.ts';
import { systemClock } from '../../lib/clock.ts';
import { listSignIns } from '../../lib/openid/signIns.ts';
import { Browser } from '../harness/browser.ts';
import { contextOf } from '../harness/gateway.ts';
import { passes } from '../harness/passes.ts';
import { type Application, people, type SignedIn } from '../harness/people.ts';
import {
  type Authorization,
  authorization,
  isAt,
  type OpenidStack,
  pass,
  payloadOf,
  redeemCode,
  refresh,
  returnAddress,
  startOpenid,
  toWecom,
  userinfo,
} from '../harness/relyingParty.ts';
import type { Stack } from '../harness/stack.ts';

/*
 * Each request of a person is stopped before each of its steps in DynamoDB. Meanwhile the person is
 * signed out, and all of that is done. Then the request goes on.
 */

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

/** More steps than any request has. */
const MOST_STEPS = 40;
/** Set, both ways of signing out stop a request at each of its steps; it takes three minutes. */
const EVERY_STEP = process.env['EVERY_STEP'] !== undefined;

/**
 * Does the same again and again, stopped before one step more each time.
 *
 * @param once begins a request, signs out in between by calling `stopAt`'s function, and checks
 * @param first the step to begin with, where every second one is enough
 */
async function atEachStep(
  once: (
    stopped: <T>(request: () => Promise<T>, meanwhile: () => Promise<void>) => Promise<T>,
  ) => Promise<void>,
  first?: number,
) {
  const [start, stride] = first === undefined || EVERY_STEP ? [0, 1] : [first, 2];
  for (let step = start; step < MOST_STEPS; step += stride) {
    let wasReached = false;
    await once(async (request, meanwhile) => {
      let seen = 0;
      const held = stack.dynamoDb.hold(() => seen++ === step);
      const going = request();
      wasReached = await Promise.race([held.reached.then(() => true), going.then(() => false)]);
      await meanwhile();
      held.release();
      return going;
    });
    if (!wasReached) {
      expect(step).toBeGreaterThan(0);
      return;
    }
  }
  throw new Error('The request has more steps');
}

const run = (event: unknown) => createHandler(stack.environment)(event, contextOf());
const everywhere = (userid: string) =>
  run({ id: randomUUID(), subs: [userid], isCertain: true, at: Date.now() });

/** Nothing that came of the request works, nor anything from before. */
async function expectNothingLeft(userid: string, signedIn: readonly SignedIn[]) {
  for (const each of signedIn) expect(await statusesOf(each)).toEqual([401, 400, 'invalid_grant']);
  const { corpid: corpId } = stack.wecom.company;
  const left = await listSignIns({ table: stack.permissions, corpId, clock: systemClock }, userid);
  expect(left.filter(({ hasEnded }) => !hasEnded)).toEqual([]);
}

/** The tokens of a code, if it works. */
async function redeemed(begun: Authorization, back: URL): Promise<SignedIn[]> {
  if (!back.searchParams.has('code')) return [];
  const { status, body } = await redeemCode(openid.api, begun, back);
  if (status !== 200) return [];
  const { access_token = '', refresh_token = '', id_token = '' } = body;
  const sid = payloadOf(id_token)['sid'];
  return [{ party: begun.party, access_token, refresh_token, id_token, sid }];
}

interface Situation {
  readonly userid: string;
  readonly browser: Browser;
  readonly told: Application;
  readonly signedIn: SignedIn;
}

/** @param isPublic the application has no secret, and its refresh tokens are rotated */
async function situation(isPublic = false): Promise<Situation> {
  const userid = await newcomer();
  const told = await application('accepts', isPublic);
  const browser = new Browser();
  const [signedIn] = (await signInTo(userid, [told], browser)) as [SignedIn];
  return { userid, browser, told, signedIn };
}

/** The same cookies in another tab, which is not where the request is under way. */
function tabOf(browser: Browser): Browser {
  const tab = new Browser();
  for (const cookie of browser.cookies) tab.toss(cookie);
  return tab;
}

/** Each with the first step that it stops a request at: together they stop it at each one. */
const WAYS: readonly [string, (one: Situation) => Promise<void>, number][] = [
  ['out of the session', async ({ browser }) => logout(tabOf(browser), { logout: 'yes' }), 0],
  ['out everywhere', ({ userid }) => everywhere(userid), 1],
];

describe.each(WAYS)('a person who is signed %s', (_, signOut, first) => {
  it.each([
    ['signed in to', async ({ told }: Situation) => told],
    ['never saw', async () => application()],
  ])(
    'during an authorization of an application that they %s has nothing of it',
    async (_name, which) => {
      await atEachStep(async (stopped) => {
        const one = await situation();
        const { party } = await which(one);
        const begun = authorization(openid.api, party, { prompt: 'none' });
        passes(2);
        const back = await stopped(
          () => pass(one.browser, begun),
          async () => {
            await signOut(one);
            passes(2);
          },
        );
        const more = await redeemed(begun, back);
        expect(more).toEqual([]);
        expect(await silently(one.browser, party)).toBe('login_required');
        await expectNothingLeft(one.userid, [one.signedIn]);
      }, first);
    },
    240_000,
  );

  it('during the redemption of a code has nothing of it', async () => {
    await atEachStep(async (stopped) => {
      const one = await situation();
      const begun = authorization(openid.api, one.told.party, { prompt: 'none' });
      const back = await pass(one.browser, begun);
      passes(2);
      const more = await stopped(
        () => redeemed(begun, back),
        async () => {
          await signOut(one);
          passes(2);
        },
      );
      await expectNothingLeft(one.userid, [one.signedIn, ...more]);
    }, first);
  }, 240_000);

  it.each([
    ['a confidential', false],
    ['a public', true],
  ])(
    'during a refresh of %s client has nothing of it',
    async (_name, isPublic) => {
      await atEachStep(async (stopped) => {
        const one = await situation(isPublic);
        const { party, refresh_token } = one.signedIn;
        passes(2);
        const { status, body } = await stopped(
          () => refresh(openid.api, party, refresh_token),
          async () => {
            await signOut(one);
            passes(2);
          },
        );
        const more = { ...one.signedIn, ...body } as SignedIn;
        await expectNothingLeft(one.userid, status === 200 ? [one.signedIn, more] : [one.signedIn]);
      }, first);
    },
    240_000,
  );

  it('during a request for userinfo is not there in the next', async () => {
    await atEachStep(async (stopped) => {
      const one = await situation();
      passes(2);
      const answer = await stopped(
        () => userinfo(openid.api, one.signedIn.access_token),
        () => signOut(one),
      );
      expect([200, 401]).toContain(answer.status);
      await expectNothingLeft(one.userid, [one.signedIn]);
    }, first);
  }, 240_000);
});

describe('a person who is signed out everywhere', () => {
  it('while they come back from WeCom has all of the sign-in, or nothing of it', async () => {
    const came: boolean[] = [];
    await atEachStep(async (stopped) => {
      const one = await situation();
      const { party } = one.told;
      const browser = new Browser();
      const begun = authorization(openid.api, party);
      const wecom = await toWecom(openid, browser, begun);
      passes(2);
      const back = await stopped(
        () => browser.follow(returnAddress(openid, wecom, one.userid), isAt(party)),
        async () => {
          await everywhere(one.userid);
          passes(2);
        },
      );
      const [fresh] = await redeemed(begun, new URL(back));
      came.push(fresh !== undefined);
      expect(await silently(browser, party)).toBe(fresh ? 'signed in' : 'login_required');
      if (fresh) {
        expect((await userinfo(openid.api, fresh.access_token)).status).toBe(200);
        expect((await refresh(openid.api, party, fresh.refresh_token)).status).toBe(200);
      }
      expect(await statusesOf(one.signedIn)).toEqual([401, 400, 'invalid_grant']);
    });
    // Before and after the moment at which WeCom names the member.
    expect(new Set(came)).toEqual(new Set([true, false]));
  }, 240_000);

  it('keeps a sign-in that begins at any step of that', async () => {
    await atEachStep(async (stopped) => {
      const one = await situation();
      passes(2);
      let fresh: SignedIn | undefined;
      await stopped(
        () => everywhere(one.userid),
        async () => {
          passes(2);
          [fresh] = await signInTo(one.userid, [one.told]);
        },
      );
      expect((await userinfo(openid.api, fresh?.access_token ?? '')).status).toBe(200);
      expect(await statusesOf(one.signedIn)).toEqual([401, 400, 'invalid_grant']);
      expect(one.told.receiver.tokens).toHaveLength(1);
    });
  }, 240_000);

  it('before a sign-in at WeCom is taken up has nothing of it', async () => {
    const userid = await newcomer();
    const { party } = await application();
    const browser = new Browser();
    const begun = authorization(openid.api, party);
    const wecom = await toWecom(openid, browser, begun);
    const returned = await browser.visit(returnAddress(openid, wecom, userid));
    const resumption = returned.headers.get('location') ?? '';
    passes(2);
    await everywhere(userid);
    passes(2);
    const back = new URL((await browser.visit(resumption)).headers.get('location') ?? '');
    expect(back.searchParams.get('error')).toBe('login_required');
    expect(await silently(browser, party)).toBe('login_required');
    await expectNothingLeft(userid, []);
  });
});
