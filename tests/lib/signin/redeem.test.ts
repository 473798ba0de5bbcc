import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../lib/clock.ts';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { s256 } from '../../../lib/signin/challenge.ts';
import { createRecentAnswers } from '../../../lib/signin/recentAnswers.ts';
import { createRedeem, type RedeemParts } from '../../../lib/signin/redeem.ts';
import type { Member } from '../../../lib/signin/signIn.ts';
import { createStateStore, type StateStore } from '../../../lib/signin/stateStore.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { startTables } from '../../harness/tables.ts';

const STATE = 'S'.repeat(32);
const VERIFIER = 'v'.repeat(43);
const PROOF = { code: 'the-code', state: STATE, verifier: VERIFIER };
const TEXTS = { name: 'n', email: 'e', mobile: 'm', department: 'd', position: 'p' };
const MEMBER: Member = { userid: 'user123', ...TEXTS };

let table: Table;
let now: number;
/** Called at each sleep, with how long it was to be. */
let asleep: (milliseconds: number) => void | Promise<void>;

beforeAll(async () => {
  const tables = await startTables();
  table = tables.cache;
  return tables.close;
});

beforeEach(async () => {
  now = 1_800_000_000_000;
  asleep = () => undefined;
  await table.delete({ pk: `ww1#state#${s256(STATE)}` });
  await stateStore().issue(STATE, {
    challenge: s256(VERIFIER),
    redirectUri: 'https://app.example.com/',
    expiresAt: now + 600_000,
  });
});

const stateStore = (over: Table = table) => createStateStore(over, 'ww1', '1000002');

const clock: Clock = {
  now: () => now,
  sleep: async (milliseconds) => {
    now += milliseconds;
    await asleep(milliseconds);
  },
};

interface Instance {
  redeem: ReturnType<typeof createRedeem>;
  /** How the member was asked for: by code, or again. */
  asked: string[];
}

function instance(changes: Partial<RedeemParts> = {}): Instance {
  const asked: string[] = [];
  const redeem = createRedeem({
    store: stateStore(),
    signIn: {
      withCode: async () => {
        asked.push('code');
        return MEMBER;
      },
      again: async () => {
        asked.push('again');
        return { ...MEMBER, mobile: '', email: '' };
      },
    },
    sessions: {
      prepare:
        async () =>
        async (userid, { id, at }) => ({
          access_token: `${userid} ${id} ${at}`,
          token_type: 'Bearer',
          expires_in: 3600,
        }),
    },
    clock,
    ...changes,
  });
  return { redeem, asked };
}

async function redeemOnce({ redeem }: Instance, invocation = createInvocation()) {
  const answer = await redeem(PROOF, invocation);
  await invocation.settled();
  return answer;
}

describe('a second request', () => {
  it('waits for the first one, under way on another instance, and gets its session', async () => {
    await consumedElsewhere();
    let sleeps = 0;
    asleep = () =>
      ++sleeps === 4 ? stateStore().resolve(STATE, { userid: 'user123' }) : undefined;
    const here = instance();
    expect(await redeemOnce(here)).toEqual({
      member: { ...MEMBER, mobile: '', email: '' },
      session: expect.objectContaining({ access_token: 'user123 another 1800000000000' }),
    });
    expect(sleeps).toBe(4);
    expect(here.asked).toEqual(['again']);
  });

  it('gives up after eight seconds, with an error that says to come again', async () => {
    await consumedElsewhere();
    const start = now;
    await expect(redeemOnce(instance())).rejects.toMatchObject({ code: 'ERR_SIGN_IN_UNDER_WAY' });
    expect(now - start).toBeGreaterThan(7_000);
    expect(now - start).toBeLessThanOrEqual(8_000);
  });

  it('gives up earlier where the invocation has less time', async () => {
    await consumedElsewhere();
    const invocation = createInvocation(now + 1_000);
    await expect(instance().redeem(PROOF, invocation)).rejects.toMatchObject({
      code: 'ERR_SIGN_IN_UNDER_WAY',
    });
    expect(now).toBeLessThanOrEqual(1_800_000_001_000);
  });

  it('is refused as soon as the first one has come to nothing', async () => {
    await consumedElsewhere();
    asleep = () => stateStore().resolve(STATE, {});
    const start = now;
    await expect(redeemOnce(instance())).rejects.toMatchObject({ details: { refusal: 'used' } });
    expect(now - start).toBeLessThan(200);
  });

  async function consumedElsewhere() {
    const redemption = { id: 'another', at: now, codeHash: s256(PROOF.code) };
    expect(await stateStore().consume(STATE, s256(VERIFIER), redemption)).toBe(true);
  }
});

describe('the write that consumes a state', () => {
  it('counts although its answer was lost and it was sent again', async () => {
    const store = stateStore();
    const stuttering: StateStore = {
      ...store,
      async consume(...write) {
        expect(await store.consume(...write)).toBe(true);
        return store.consume(...write);
      },
    };
    const here = instance({ store: stuttering });
    expect(await redeemOnce(here)).toMatchObject({ member: MEMBER });
    expect(here.asked).toEqual(['code']);
  });

  it('is the only one that matters: a sign-in whose outcome cannot be stored is still one', async () => {
    const store: StateStore = {
      ...stateStore(),
      resolve: async () => {
        throw new StoreUnavailable('no');
      },
    };
    expect(await redeemOnce(instance({ store }))).toMatchObject({ member: MEMBER });
  });
});

describe('whom a state resolved to', () => {
  it('is kept only beside its redemption: a write that comes late leaves nothing without an end', async () => {
    await stateStore().resolve(STATE, { userid: 'user123' });
    expect((await table.get({ pk: `ww1#state#${s256(STATE)}` }))?.['outcome']).toBeUndefined();
    await table.delete({ pk: `ww1#state#${s256(STATE)}` });
    await stateStore().resolve(STATE, { userid: 'user123' });
    expect(await table.get({ pk: `ww1#state#${s256(STATE)}` })).toBeUndefined();
  });
});

describe('a record that cannot be read', () => {
  it('is no state', async () => {
    await table.put({ pk: `ww1#state#${s256(STATE)}`, corpId: 'ww1' });
    await expect(redeemOnce(instance())).rejects.toMatchObject({ details: { refusal: 'unknown' } });
  });
});

describe('recent answers', () => {
  it('are bounded: the oldest go first', () => {
    const answers = createRecentAnswers<number>(clock, 60_000);
    for (let at = 0; at < 150; at++) answers.add(String(at), at);
    expect(answers.find('49')).toBeUndefined();
    expect(answers.find('50')).toBe(50);
    expect(answers.find('149')).toBe(149);
  });

  it('go when their time is over', () => {
    const answers = createRecentAnswers<number>(clock, 60_000);
    answers.add('a', 1);
    now += 60_000;
    expect(answers.find('a')).toBeUndefined();
    answers.add('b', 2);
    expect(answers.find('b')).toBe(2);
  });
});
