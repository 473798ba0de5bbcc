import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CallbackInProgress } from '../../../lib/callback/errors.ts';
import { ReplayMemory } from '../../../lib/callback/replayMemory.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { startTables } from '../../harness/tables.ts';

let table: Table;

beforeAll(async () => {
  const tables = await startTables();
  table = tables.cache;
  return tables.close;
});

/** Lets other work continue. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A clock that advances with every sleep. */
const clock = {
  time: 0,
  now: () => clock.time,
  sleep: async (milliseconds: number) => {
    clock.time += milliseconds;
    await turn();
  },
};

/** The same clock, but it does not advance: the sleeps of several callers must not add up. */
const standing: Clock = { now: () => clock.time, sleep: turn };

const memoryOf = (changes: Partial<Table> = {}, time: Clock = clock) =>
  new ReplayMemory({ table: { ...table, ...changes }, corpId: 'ww1', clock: time });

const BUDGET_MS = 4_000;
let pushes = 0;
let id: string;
let effects: string[];
let memory: ReplayMemory;

beforeEach(() => {
  clock.time = 1_750_000_000_000;
  pushes += 1;
  id = createHash('sha256').update(`<xml>${pushes}</xml>`).digest('hex');
  effects = [];
  memory = memoryOf();
});

let deliveries = 0;
function delivery(): TestInvocation {
  deliveries += 1;
  return { ...createInvocation(clock.now() + BUDGET_MS), requestId: `delivery-${deliveries}` };
}

/** Delivers the push, and ends the work of `waitUntil`, as a Lambda does before it responds. */
async function deliver(
  run: () => Promise<void> = effect,
  to: ReplayMemory = memory,
  invocation = delivery(),
): Promise<'applied' | 'duplicate'> {
  try {
    return await to.once('app', id, run, invocation);
  } finally {
    await invocation.settled();
  }
}

const effect = async () => void effects.push('effect');
const failing = async () => {
  throw new StoreUnavailable('the effect fails');
};
/** An effect that ends when the test says so. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  return {
    effect: () => {
      effects.push('begun');
      begun.resolve();
      return promise;
    },
    begun: begun.promise,
    succeed: resolve,
    fail: () => reject(new StoreUnavailable('the effect fails')),
  };
}

describe('a push', () => {
  it('has one effect, however often it is delivered', async () => {
    expect(await deliver()).toBe('applied');
    expect(await deliver()).toBe('duplicate');
    expect(effects).toEqual(['effect']);
  });

  it('is another push if its id or its channel differs', async () => {
    await deliver();
    expect(await memory.once('app', `${id}0`, effect, delivery())).toBe('applied');
    expect(await memory.once('contacts', id, effect, delivery())).toBe('applied');
    expect(effects).toHaveLength(3);
  });

  it('is another push if its corp differs', async () => {
    await deliver();
    const other = new ReplayMemory({ table, corpId: 'ww2', clock });
    expect(await deliver(effect, other)).toBe('applied');
    expect(await deliver(effect, other)).toBe('duplicate');
    expect(effects).toHaveLength(2);
  });

  it('whose effect failed is applied by the next delivery', async () => {
    await expect(deliver(failing)).rejects.toThrow('the effect fails');
    expect(await deliver()).toBe('applied');
    expect(await deliver()).toBe('duplicate');
    expect(effects).toEqual(['effect']);
  });

  it('whose effect failed can be claimed again at once, not only when the claim runs out', async () => {
    await expect(deliver(failing)).rejects.toThrow('the effect fails');
    const before = clock.time;
    expect(await deliver()).toBe('applied');
    expect(clock.time).toBe(before);
  });

  it('is not acknowledged before its effect is applied', async () => {
    const first = held();
    const running = deliver(first.effect);
    await first.begun;
    await expect(deliver()).rejects.toBeInstanceOf(CallbackInProgress);
    expect(effects).toEqual(['begun']);
    first.succeed();
    expect(await running).toBe('applied');
  });

  it('is taken over by one waiting delivery when its effect fails', async () => {
    memory = memoryOf({}, standing);
    const first = held();
    const running = deliver(first.effect);
    await first.begun;
    const waiting = [1, 2, 3].map(() => deliver());
    first.fail();
    await expect(running).rejects.toThrow('the effect fails');
    expect((await Promise.all(waiting)).sort()).toEqual(['applied', 'duplicate', 'duplicate']);
    expect(effects).toEqual(['begun', 'effect']);
  });

  it('whose process died is applied by a later delivery, when the claim has run out', async () => {
    const dead = held();
    const late = deliver(dead.effect);
    await dead.begun;
    clock.time += 1_000;
    // The delivery waits until the claim runs out, and runs the effect itself.
    expect(await deliver()).toBe('applied');
    expect(effects).toEqual(['begun', 'effect']);
    // If the first process was only slow, its late release has no effect.
    dead.fail();
    await expect(late).rejects.toThrow('the effect fails');
    expect(await deliver()).toBe('duplicate');
  });

  it('is not taken over before half a second after the deadline of its process', async () => {
    const slow = held();
    const running = deliver(slow.effect);
    await slow.begun;
    clock.time += BUDGET_MS + 500;
    const invocation = { ...delivery(), deadline: clock.now() };
    await expect(deliver(effect, memory, invocation)).rejects.toBeInstanceOf(CallbackInProgress);
    clock.time += 1;
    expect(await deliver()).toBe('applied');
    slow.succeed();
    await running;
  });

  it('is not settled by a slow process after the next one failed and released it', async () => {
    const slow = held();
    const late = deliver(slow.effect);
    await slow.begun;
    clock.time += BUDGET_MS + 1_000;
    await expect(deliver(failing)).rejects.toThrow('the effect fails');
    slow.succeed();
    expect(await late).toBe('applied');
    // An item that this settled would never expire.
    clock.time += 60 * 60_000;
    expect(await deliver()).toBe('applied');
  });

  it('is remembered for fifteen minutes, even if DynamoDB deletes it later', async () => {
    await deliver();
    clock.time += 15 * 60_000;
    expect(await deliver()).toBe('duplicate');
    clock.time += 1;
    expect(await deliver()).toBe('applied');
  });

  it('leaves an item that DynamoDB deletes after fifteen minutes', async () => {
    const items: Record<string, unknown>[] = [];
    const put: Table['put'] = (item, condition) => {
      items.push(item);
      return table.put(item, condition);
    };
    await deliver(effect, memoryOf({ put }));
    expect(items).toMatchObject([{ ttl: 1_750_000_900 }]);
  });
});

describe('when a response of DynamoDB is lost', () => {
  it('the claim counts when it is sent again', async () => {
    const put: Table['put'] = async (item, condition) => {
      await table.put(item, condition);
      return table.put(item, condition);
    };
    const unlucky = memoryOf({ put });
    expect(await deliver(effect, unlucky)).toBe('applied');
    expect(await deliver(effect, unlucky)).toBe('duplicate');
    expect(effects).toEqual(['effect']);
  });

  it('a claim that arrives after the effect is settled is too late', async () => {
    let delayed = async (): Promise<boolean> => true;
    const put: Table['put'] = (item, condition) => {
      delayed = () => table.put(item, condition);
      return table.put(item, condition);
    };
    expect(await deliver(effect, memoryOf({ put }))).toBe('applied');
    expect(await delayed()).toBe(false);
    clock.time += 60_000;
    expect(await deliver()).toBe('duplicate');
  });
});

describe('without DynamoDB', () => {
  const unavailable = () => Promise.reject(new StoreUnavailable('down'));

  it('no effect is applied, so that WeCom delivers again', async () => {
    await expect(deliver(effect, memoryOf({ put: unavailable }))).rejects.toThrow('down');
    expect(effects).toEqual([]);
  });

  it('an applied effect counts, and the error is left to waitUntil', async () => {
    const handedOver: Promise<unknown>[] = [];
    const invocation = {
      ...delivery(),
      waitUntil: (work: Promise<unknown>) => void handedOver.push(work),
    };
    const down = memoryOf({ update: unavailable });
    expect(await down.once('app', id, effect, invocation)).toBe('applied');
    expect(handedOver).toHaveLength(1);
    await expect(handedOver[0]).rejects.toThrow('down');
  });

  it('the error of a failed effect is kept', async () => {
    const down = memoryOf({ delete: unavailable });
    await expect(deliver(failing, down)).rejects.toThrow('the effect fails');
  });
});
