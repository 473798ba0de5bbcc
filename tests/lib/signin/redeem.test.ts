import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../lib/clock.ts';
import type { Table } from '../../../lib/dynamodb/table.ts';
import {
  MemberInactive,
  NotAMember,
  StoreUnavailable,
  type WecomAuthError,
} from '../../../lib/errors.ts';
import { s256 } from '../../../lib/signin/pkce.ts';
import { RecentMembers, Redeemer, type RedeemParts } from '../../../lib/signin/redeem.ts';
import type { Member } from '../../../lib/signin/signIn.ts';
import { StateStore } from '../../../lib/signin/stateStore.ts';
import { errcodeEntry } from '../../../lib/wecom/errcodes.ts';
import {
  WecomBadBody,
  WecomBadStatus,
  WecomErrcode,
  WecomTransportError,
} from '../../../lib/wecom/errors.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { startTables } from '../../harness/tables.ts';

const STATE = 'S'.repeat(32);
const VERIFIER = 'v'.repeat(43);
const PROOF = { code: 'the-code', state: STATE, verifier: VERIFIER };
const TEXTS = { name: 'n', email: 'e', mobile: 'm', department: 'd', position: 'p' };
/** The redemption of another instance. */
const ANOTHER = { id: 'another' };
const MEMBER: Member = { userid: 'user123', ...TEXTS };

let table: Table;
let now: number;
/** Called at each sleep. */
let onSleep: () => void | Promise<void>;

beforeAll(async () => {
  const tables = await startTables();
  table = tables.cache;
  return tables.close;
});

beforeEach(async () => {
  now = 1_800_000_000_000;
  onSleep = () => undefined;
  await table.delete({ pk: `ww1#state#${s256(STATE)}` });
  await stateStore().issue(STATE, {
    challenge: s256(VERIFIER),
    redirectUri: 'https://app.example.com/',
    expiresAt: now + 600_000,
  });
});

const stateStore = (over: Table = table) => new StateStore(over, 'ww1', '1000002');

const clock: Clock = {
  now: () => now,
  sleep: async (milliseconds) => {
    now += milliseconds;
    await onSleep();
  },
};

interface Instance {
  redeemer: Redeemer;
  /** The calls of WeCom: a code to redeem, a member to read. */
  wecomCalls: string[];
}

function instance(changes: Partial<RedeemParts> = {}): Instance {
  const wecomCalls: string[] = [];
  const signIn: Pick<RedeemParts['signIn'], 'redeemCode' | 'readMember'> = {
    redeemCode: async () => {
      wecomCalls.push('code');
      return { userid: 'user123', user_ticket: 'ticket' };
    },
    readMember: async ({ userid, user_ticket }) => {
      wecomCalls.push('member');
      return { ...MEMBER, userid, ...(!user_ticket && { mobile: '', email: '' }) };
    },
  };
  const redeemer = new Redeemer({
    store: stateStore(),
    signIn: signIn as RedeemParts['signIn'],
    prepareSession:
      async () =>
      async (userid, { id, at }) => ({
        access_token: `${userid} ${id} ${at}`,
        token_type: 'Bearer',
        expires_in: 3600,
      }),
    requireState: false,
    clock,
    ...changes,
  });
  return { redeemer, wecomCalls };
}

async function redeemOnce({ redeemer }: Instance, invocation = createInvocation()) {
  const answer = await redeemer.redeem(PROOF, invocation);
  await invocation.settled();
  return answer;
}

describe('a second request', () => {
  it('waits for the first one, in progress on another instance, and gets its session', async () => {
    await consumedElsewhere();
    let sleeps = 0;
    onSleep = () =>
      ++sleeps === 4 ? stateStore().resolve(STATE, ANOTHER, { userid: 'user123' }) : undefined;
    const here = instance();
    expect(await redeemOnce(here)).toEqual({
      id: ANOTHER.id,
      member: { ...MEMBER, mobile: '', email: '' },
      session: expect.objectContaining({ access_token: 'user123 another 1800000000000' }),
    });
    expect(sleeps).toBe(4);
    expect(here.wecomCalls).toEqual(['member']);
  });

  it('ends after eight seconds with an error that allows a retry', async () => {
    await consumedElsewhere();
    const start = now;
    await expect(redeemOnce(instance())).rejects.toMatchObject({ code: 'ERR_SIGN_IN_UNDER_WAY' });
    expect(now - start).toBeGreaterThan(7_000);
    expect(now - start).toBeLessThanOrEqual(8_000);
  });

  it('ends earlier if the invocation has less time', async () => {
    await consumedElsewhere();
    const invocation = createInvocation(now + 1_000);
    await expect(instance().redeemer.redeem(PROOF, invocation)).rejects.toMatchObject({
      code: 'ERR_SIGN_IN_UNDER_WAY',
    });
    expect(now).toBeLessThanOrEqual(1_800_000_001_000);
  });

  it('is refused as soon as the first one has ended without a result', async () => {
    await consumedElsewhere();
    onSleep = () => stateStore().resolve(STATE, ANOTHER, {});
    const start = now;
    await expect(redeemOnce(instance())).rejects.toMatchObject({ details: { refusal: 'used' } });
    expect(now - start).toBeLessThan(200);
  });

  it('ends with an error that allows a retry if the first one released the state', async () => {
    await consumedElsewhere();
    onSleep = async () => {
      await stateStore().release(STATE, { ...ANOTHER, at: now, codeHash: s256(PROOF.code) });
    };
    const here = instance();
    await expect(redeemOnce(here)).rejects.toMatchObject({ code: 'ERR_SIGN_IN_UNDER_WAY' });
    expect(here.wecomCalls).toEqual([]);
  });

  async function consumedElsewhere() {
    const redemption = { ...ANOTHER, at: now, codeHash: s256(PROOF.code) };
    expect(await stateStore().consume(STATE, s256(VERIFIER), redemption)).toBe(true);
  }
});

describe('the same request, sent again after the answer', () => {
  it('gets the same answer from the instance that answered, without WeCom', async () => {
    const here = instance();
    const first = await redeemOnce(here);
    expect(await redeemOnce(here)).toEqual(first);
    expect(here.wecomCalls).toEqual(['code', 'member']);
  });

  it('gets the same member and session from another instance, which has no ticket', async () => {
    const first = await redeemOnce(instance());
    const there = instance();
    expect(await redeemOnce(there)).toEqual({
      ...first,
      member: { ...MEMBER, mobile: '', email: '' },
    });
    expect(there.wecomCalls).toEqual(['member']);
  });

  it.each<[string, keyof RedeemParts['signIn'], WecomAuthError]>([
    ['the code', 'redeemCode', new WecomErrcode('x', 40029, 'bad code', errcodeEntry(40029))],
    ['the visitor', 'redeemCode', new NotAMember()],
    ['the member', 'readMember', new MemberInactive()],
  ])('gets the same refusal of %s, without WeCom', async (_what, step, error) => {
    const signIn = {
      redeemCode: async () => ({ userid: 'user123', user_ticket: '' }),
      readMember: async () => MEMBER,
      [step]: async () => Promise.reject(error),
    };
    const refusing = instance({ signIn: signIn as unknown as RedeemParts['signIn'] });
    await expect(redeemOnce(refusing)).rejects.toMatchObject({ cause: error });
    const there = instance();
    const { code } = error;
    const errcode = error instanceof WecomErrcode ? { errcode: error.errcode } : {};
    await expect(redeemOnce(there)).rejects.toMatchObject({ code, ...errcode });
    expect(there.wecomCalls).toEqual([]);
  });
});

describe('the write that consumes a state', () => {
  it('counts if its response was lost and the client sent it again', async () => {
    const store = stateStore();
    const consume = store.consume.bind(store);
    store.consume = async (...write) => {
      expect(await consume(...write)).toBe(true);
      return consume(...write);
    };
    const here = instance({ store });
    expect(await redeemOnce(here)).toMatchObject({ member: MEMBER });
    expect(here.wecomCalls).toEqual(['code', 'member']);
  });

  it('is the only one that must succeed: the outcome may fail to be stored', async () => {
    const store = stateStore();
    store.resolve = async () => {
      throw new StoreUnavailable('no');
    };
    expect(await redeemOnce(instance({ store }))).toMatchObject({ member: MEMBER });
  });
});

describe('a failure that leaves the code unspent', () => {
  const unsent = new WecomTransportError(
    'No connection',
    {},
    { connectionBroke: true, mayHaveArrived: false },
  );

  it('releases the state for the same request, which then starts again', async () => {
    const failing = instance(failsWith(unsent));
    await expect(redeemOnce(failing)).rejects.toMatchObject({ cause: unsent, seconds: 300 });
    const here = instance();
    expect(await redeemOnce(here)).toMatchObject({ member: MEMBER });
    expect(here.wecomCalls).toEqual(['code', 'member']);
  });

  it.each([
    ['a busy WeCom', new WecomErrcode('x', -1, '', errcodeEntry(-1))],
    ['a missing access_token', new StoreUnavailable('no')],
  ])('is %s', async (_what, error) => {
    await expect(redeemOnce(instance(failsWith(error)))).rejects.toMatchObject({ seconds: 300 });
    expect(await redeemOnce(instance())).toMatchObject({ member: MEMBER });
  });

  it.each([
    ['another code', { ...PROOF, code: 'another-code' }, 'used'],
    ['another verifier', { ...PROOF, verifier: 'w'.repeat(43) }, 'other-verifier'],
  ])('does not release it for %s', async (_what, proof, refusal) => {
    await expect(redeemOnce(instance(failsWith(unsent)))).rejects.toBeDefined();
    const here = instance();
    await expect(here.redeemer.redeem(proof, createInvocation())).rejects.toMatchObject({
      details: { refusal },
    });
    expect(here.wecomCalls).toEqual([]);
  });

  it('does not release it beyond its expiry', async () => {
    await expect(redeemOnce(instance(failsWith(unsent)))).rejects.toBeDefined();
    now += 600_000;
    await expect(redeemOnce(instance())).rejects.toMatchObject({ details: { refusal: 'expired' } });
  });

  it('does not make a state that is deleted again, without a ttl', async () => {
    const key = { pk: `ww1#state#${s256(STATE)}` };
    await table.delete(key);
    const redemption = { ...ANOTHER, at: now, codeHash: s256(PROOF.code) };
    expect(await stateStore().release(STATE, redemption)).toBe(false);
    expect(await table.get(key)).toBeUndefined();
  });

  it('allows no retry if DynamoDB does not take the release', async () => {
    const store = stateStore();
    store.release = async () => {
      throw new StoreUnavailable('no', { reason: 'ThrottlingException' });
    };
    const failing = instance({ ...failsWith(unsent), store });
    const invocation = createInvocation();
    await expect(redeemOnce(failing, invocation)).rejects.toMatchObject({
      cause: unsent,
      seconds: 0,
    });
    expect(invocation.lines).toMatchObject([{ level: 'WARN', reason: 'ThrottlingException' }]);
  });

  it('does not hide a defect in the release', async () => {
    const store = stateStore();
    store.release = async () => {
      throw new TypeError('defect');
    };
    await expect(redeemOnce(instance({ ...failsWith(unsent), store }))).rejects.toThrow('defect');
  });

  it.each([
    ['a request that was sent', new WecomTransportError('Timeout')],
    ['an answer with another status', new WecomBadStatus('auth/getuserinfo', 502)],
    ['an answer that cannot be read', new WecomBadBody('The answer is not JSON')],
    ['a defect', new TypeError('x')],
  ])('is not %s: the state stays consumed', async (_what, error) => {
    await expect(redeemOnce(instance(failsWith(error)))).rejects.toMatchObject({
      cause: error,
      seconds: 0,
    });
    await expect(redeemOnce(instance())).rejects.toMatchObject({ details: { refusal: 'used' } });
  });

  function failsWith(error: unknown): Partial<RedeemParts> {
    const signIn = { redeemCode: async () => Promise.reject(error) };
    return { signIn: signIn as unknown as RedeemParts['signIn'] };
  }
});

describe('a failure after the code was spent', () => {
  it('stores the userid, so that the same request reads the member again', async () => {
    const error = new WecomTransportError('Timeout');
    const signIn = {
      redeemCode: async () => ({ userid: 'user123', user_ticket: 'ticket' }),
      readMember: async () => Promise.reject(error),
    };
    const failing = instance({ signIn: signIn as unknown as RedeemParts['signIn'] });
    const invocation = createInvocation();
    await expect(failing.redeemer.redeem(PROOF, invocation)).rejects.toMatchObject({
      cause: error,
      seconds: 60,
    });
    await invocation.settled();
    now += 20_000;
    await expect(redeemOnce(failing)).rejects.toMatchObject({ cause: error, seconds: 40 });
    const here = instance();
    expect(await redeemOnce(here)).toMatchObject({ member: { userid: 'user123', mobile: '' } });
    expect(here.wecomCalls).toEqual(['member']);
  });
});

describe('the outcome of a redemption', () => {
  it('is stored only with its redemption: a late write makes no item without a ttl', async () => {
    const key = { pk: `ww1#state#${s256(STATE)}` };
    await stateStore().resolve(STATE, ANOTHER, { userid: 'user123' });
    expect((await table.get(key))?.['outcome']).toBeUndefined();
    await table.delete(key);
    await stateStore().resolve(STATE, ANOTHER, { userid: 'user123' });
    expect(await table.get(key)).toBeUndefined();
  });
});

describe('a proof', () => {
  it.each([
    ['no state', { state: undefined }, 'absent'],
    ['no verifier', { verifier: undefined }, 'absent'],
    ['an empty state and verifier', { state: '', verifier: '' }, 'absent'],
    ['a state of another form', { state: `${STATE}S` }, 'malformed'],
    ['a verifier of another form', { verifier: 'v'.repeat(42) }, 'malformed'],
  ])('with %s is refused before WeCom is called', async (_what, changes, refusal) => {
    const here = instance();
    const proof = { ...PROOF, ...changes };
    await expect(here.redeemer.redeem(proof, createInvocation())).rejects.toMatchObject({
      details: { refusal },
    });
    expect(here.wecomCalls).toEqual([]);
  });

  it('with neither state nor verifier gets the member and no session', async () => {
    const answer = await instance().redeemer.redeem({ code: 'the-code' }, createInvocation());
    expect(answer).toEqual({ member: MEMBER });
  });

  it('with neither allows no retry: its code is spent, and no state keeps the userid', async () => {
    const error = new WecomTransportError('Timeout');
    const signIn = {
      redeemCode: async () => ({ userid: 'user123', user_ticket: '' }),
      readMember: async () => Promise.reject(error),
    };
    const here = instance({ signIn: signIn as unknown as RedeemParts['signIn'] });
    await expect(
      here.redeemer.redeem({ code: 'the-code' }, createInvocation()),
    ).rejects.toMatchObject({ cause: error, seconds: 0 });
  });

  it('with neither is refused if a state is required', async () => {
    const here = instance({ requireState: true });
    await expect(
      here.redeemer.redeem({ code: 'the-code' }, createInvocation()),
    ).rejects.toMatchObject({ details: { refusal: 'absent' } });
    expect(here.wecomCalls).toEqual([]);
  });
});

describe('a stored state', () => {
  it('has a TTL two minutes after it expires', async () => {
    const item = await table.get({ pk: `ww1#state#${s256(STATE)}` });
    expect(item?.['ttl']).toBe((now + 600_000 + 120_000) / 1_000);
  });
});

describe('a record that cannot be read', () => {
  it('counts as an unknown state', async () => {
    await table.put({ pk: `ww1#state#${s256(STATE)}`, corpId: 'ww1' });
    await expect(redeemOnce(instance())).rejects.toMatchObject({ details: { refusal: 'unknown' } });
  });
});

describe('recent members', () => {
  it('are at most a hundred: the oldest are dropped', () => {
    const recent = new RecentMembers(clock);
    const member = (at: number) => ({ ...MEMBER, userid: String(at) });
    for (let at = 0; at < 150; at++) recent.add(String(at), member(at));
    expect(recent.find('49')).toBeUndefined();
    expect(recent.find('50')).toEqual(member(50));
    expect(recent.find('149')).toEqual(member(149));
  });

  it('are dropped after a minute', () => {
    const recent = new RecentMembers(clock);
    recent.add('a', MEMBER);
    now += 60_000;
    expect(recent.find('a')).toBeUndefined();
    recent.add('b', MEMBER);
    expect(recent.find('b')).toBe(MEMBER);
  });
});
