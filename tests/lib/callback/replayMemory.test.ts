import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CallbackInProgress } from '../../../lib/callback/errors.ts';
import { createReplayMemory, type ReplayMemory } from '../../../lib/callback/replayMemory.ts';
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

/** Lets the others go on. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A clock that a sleep moves on, as far as it says. */
const clock = {
  time: 0,
  now: () => clock.time,
  sleep: async (milliseconds: number) => {
    clock.time += milliseconds;
    await turn();
  },
};

/** The same, standing still: for many who sleep at once, whose sleeps must not add up. */
const standing = { now: () => clock.time, sleep: turn };

const WORK = 4_000;
let push = 0;
let text: string;
let had: string[];
let memory: ReplayMemory;

beforeEach(() => {
  clock.time = 1_750_000_000_000;
  push += 1;
  text = `<xml>${push}</xml>`;
  had = [];
  memory = createReplayMemory(table, 'ww1', clock);
});

let deliveries = 0;
function delivery(): TestInvocation {
  deliveries += 1;
  return { ...createInvocation(clock.now() + WORK), requestId: `delivery-${deliveries}` };
}

const effect = async () => void had.push('effect');
const failing = async () => {
  throw new StoreUnavailable('the effect fails');
};
/** An effect that ends when the test says so. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  return {
    effect: () => {
      had.push('begun');
      begun.resolve();
      return promise;
    },
    begun: begun.promise,
    succeed: resolve,
    fail: () => reject(new StoreUnavailable('the effect fails')),
  };
}

describe('a push', () => {
  it('has its effect once, however often it is delivered', async () => {
    expect(await memory.once('app', text, effect, delivery())).toBe('had');
    expect(await memory.once('app', text, effect, delivery())).toBe('repeated');
    expect(had).toEqual(['effect']);
  });

  it('is another one when its text or its channel is another', async () => {
    await memory.once('app', text, effect, delivery());
    expect(await memory.once('app', `${text} `, effect, delivery())).toBe('had');
    expect(await memory.once('contacts', text, effect, delivery())).toBe('had');
    expect(had).toHaveLength(3);
  });

  it('that failed has its effect when it is delivered again', async () => {
    await expect(memory.once('app', text, failing, delivery())).rejects.toThrow('the effect fails');
    expect(await memory.once('app', text, effect, delivery())).toBe('had');
    expect(await memory.once('app', text, effect, delivery())).toBe('repeated');
    expect(had).toEqual(['effect']);
  });

  it('is not acknowledged before its effect was had', async () => {
    const first = held();
    const running = memory.once('app', text, first.effect, delivery());
    await first.begun;
    await expect(memory.once('app', text, effect, delivery())).rejects.toBeInstanceOf(
      CallbackInProgress,
    );
    expect(had).toEqual(['begun']);
    first.succeed();
    expect(await running).toBe('had');
  });

  it('is taken over by the next who waits when its effect fails', async () => {
    memory = createReplayMemory(table, 'ww1', standing);
    const first = held();
    const running = memory.once('app', text, first.effect, delivery());
    await first.begun;
    const waiting = [1, 2, 3].map(() => memory.once('app', text, effect, delivery()));
    first.fail();
    await expect(running).rejects.toThrow('the effect fails');
    expect((await Promise.all(waiting)).sort()).toEqual(['had', 'repeated', 'repeated']);
    expect(had).toEqual(['begun', 'effect']);
  });

  it('whose process died has its effect when it is delivered again', async () => {
    const dead = held();
    const late = memory.once('app', text, dead.effect, delivery());
    await dead.begun;
    clock.time += 1_000;
    // Delivered again a second later: waits until the claim has run out, and has the effect itself.
    expect(await memory.once('app', text, effect, delivery())).toBe('had');
    expect(had).toEqual(['begun', 'effect']);
    // And if the first process was only slow, what it writes down at last changes nothing.
    dead.fail();
    await expect(late).rejects.toThrow('the effect fails');
    expect(await memory.once('app', text, effect, delivery())).toBe('repeated');
  });

  it('whose first process was so slow that the next one failed meanwhile is not half remembered', async () => {
    const slow = held();
    const late = memory.once('app', text, slow.effect, delivery());
    await slow.begun;
    clock.time += WORK + 1_000;
    await expect(memory.once('app', text, failing, delivery())).rejects.toThrow('the effect fails');
    slow.succeed();
    expect(await late).toBe('had');
    // What it wrote down now would have no end.
    clock.time += 60 * 60_000;
    expect(await memory.once('app', text, effect, delivery())).toBe('had');
  });

  it('is remembered for fifteen minutes, deleted or not', async () => {
    await memory.once('app', text, effect, delivery());
    clock.time += 15 * 60_000;
    expect(await memory.once('app', text, effect, delivery())).toBe('repeated');
    clock.time += 1;
    expect(await memory.once('app', text, effect, delivery())).toBe('had');
  });
});

describe('when an answer of DynamoDB is lost', () => {
  it('the claim that was written counts when it is sent again', async () => {
    // As when the first answer never came, and the same request is sent once more.
    const put: Table['put'] = async (item, condition) => {
      await table.put(item, condition);
      return table.put(item, condition);
    };
    const unlucky = createReplayMemory({ ...table, put }, 'ww1', clock);
    expect(await unlucky.once('app', text, effect, delivery())).toBe('had');
    expect(await unlucky.once('app', text, effect, delivery())).toBe('repeated');
    expect(had).toEqual(['effect']);
  });

  it('the claim that was held up on its way, and comes when the effect was had, is too late', async () => {
    let heldUp = async (): Promise<boolean> => true;
    const put: Table['put'] = (item, condition) => {
      heldUp = () => table.put(item, condition);
      return table.put(item, condition);
    };
    const unlucky = createReplayMemory({ ...table, put }, 'ww1', clock);
    expect(await unlucky.once('app', text, effect, delivery())).toBe('had');
    expect(await heldUp()).toBe(false);
    clock.time += 60_000;
    expect(await memory.once('app', text, effect, delivery())).toBe('repeated');
  });
});

describe('without DynamoDB', () => {
  const unavailable = () => Promise.reject(new StoreUnavailable('down'));

  it('no effect is had, so that WeCom delivers again', async () => {
    const down = createReplayMemory({ ...table, put: unavailable }, 'ww1', clock);
    await expect(down.once('app', text, effect, delivery())).rejects.toThrow('down');
    expect(had).toEqual([]);
  });

  it('an effect that was had stays had', async () => {
    const down = createReplayMemory({ ...table, update: unavailable }, 'ww1', clock);
    const invocation = delivery();
    expect(await down.once('app', text, effect, invocation)).toBe('had');
    expect(invocation.lines).toMatchObject([{ level: 'WARN' }]);
  });

  it('the failure of an effect stays what it was', async () => {
    const down = createReplayMemory({ ...table, delete: unavailable }, 'ww1', clock);
    await expect(down.once('app', text, failing, delivery())).rejects.toThrow('the effect fails');
  });

  it('a defect is not taken for DynamoDB being down', async () => {
    const defect = () => Promise.reject(new TypeError('defect'));
    const broken = createReplayMemory({ ...table, update: defect }, 'ww1', clock);
    await expect(broken.once('app', text, effect, delivery())).rejects.toThrow('defect');
  });
});
