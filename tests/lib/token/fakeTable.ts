import type { Clock } from '../../../lib/clock.ts';
import type { Item } from '../../../lib/dynamodb/item.ts';
import type { Expression, Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';

/**
 * What becomes of one request:
 *
 * - `fails`: an error, and nothing was done;
 * - `answer-lost`: it was done, and the caller gets an error;
 * - `retried`: it was done, its answer got lost, and it was sent again: the condition fails.
 */
export type Fate = 'fails' | 'answer-lost' | 'retried' | undefined;

export interface FakeTable {
  item: Item | undefined;
  /** Each operation asks what becomes of it. */
  fate: (operation: 'get' | 'put') => Fate;
  /** Milliseconds until the request arrives, and again until its answer is back. */
  latency: () => number;
  /** Milliseconds that a caller waits; what it has sent arrives all the same. */
  patience: number;
  /** Told of each write as it is sent. */
  onSend: (item: Item) => void;
  /** Told of each write as it happens. */
  onWrite: (before: Item | undefined, after: Item) => void;
  readonly requests: { get: number; put: number };
  /** The table as one instance reaches it. */
  view(clock: Clock): Table;
}

/**
 * The one item of a DynamoDB table in virtual time, with the conditions that the token store uses.
 *
 * @param world the time in which requests travel, whatever becomes of the instance that sent them
 */
export function createFakeTable(world: Clock): FakeTable {
  async function send<T>(
    own: Clock,
    operation: 'get' | 'put',
    effect: (fate: Fate) => T,
    sent = () => {},
  ): Promise<T> {
    // An instance that is frozen sends nothing.
    await own.sleep(0);
    sent();
    fake.requests[operation] += 1;
    const fate = fake.fate(operation);
    const unavailable = () => new StoreUnavailable('fake', { reason: operation });
    const heard = new AbortController();
    const answer = async () => {
      await world.sleep(fake.latency());
      const result = effect(fate);
      await own.sleep(fake.latency());
      if (fate === 'fails' || fate === 'answer-lost') throw unavailable();
      return result;
    };
    const gaveUp = async () => {
      await own.sleep(fake.patience, heard.signal);
      throw unavailable();
    };
    try {
      return await Promise.race([answer(), gaveUp()]);
    } finally {
      heard.abort();
    }
  }

  const fake: FakeTable = {
    item: undefined,
    fate: () => undefined,
    latency: () => 3,
    patience: 60_000,
    onSend: () => {},
    onWrite: () => {},
    requests: { get: 0, put: 0 },
    view: (own) => ({
      get: () => send(own, 'get', () => fake.item),
      put(item, condition) {
        const write = (fate: Fate) => {
          if (fate === 'fails' || !holds(fake.item, condition)) return false;
          fake.onWrite(fake.item, item);
          fake.item = item;
          return fate !== 'retried';
        };
        return send(own, 'put', write, () => fake.onSend(item));
      },
      update: unused,
      delete: unused,
      query: unused,
      batchGet: unused,
    }),
  };
  return fake;
}

function holds(item: Item | undefined, condition: Expression | undefined): boolean {
  switch (condition?.expression) {
    case 'attribute_not_exists(pk)':
      return item === undefined;
    case 'version = :seen':
      return item?.['version'] === condition.values?.[':seen'];
    default:
      throw new Error(`no such condition here: ${condition?.expression}`);
  }
}

function unused(): never {
  throw new Error('the token store needs only get and put');
}
