import type { Clock } from '../../../lib/clock.ts';
import type { Item } from '../../../lib/dynamodb/item.ts';
import type { Expression, Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';

/**
 * What becomes of one request:
 *
 * - `fails`: an error, and nothing was done;
 * - `answer-lost`: it was done, and the caller gets an error;
 * - `retried`: it was done, its answer got lost, and the SDK sent it again: the condition fails.
 */
export type Fate = 'fails' | 'answer-lost' | 'retried' | undefined;

export interface FakeTable {
  item: Item | undefined;
  /** Each operation asks what becomes of it. */
  fate: (operation: 'get' | 'put') => Fate;
  /** Milliseconds until the request arrives, and again until its answer is back. */
  latency: () => number;
  /** Told of each write as it happens. */
  onWrite: (before: Item | undefined, after: Item) => void;
  readonly requests: { get: number; put: number };
  /** The table as one instance reaches it. */
  view(clock: Clock): Table;
}

/** The one item of a DynamoDB table in virtual time, with the conditions that the token store uses. */
export function createFakeTable(): FakeTable {
  const fake: FakeTable = {
    item: undefined,
    fate: () => undefined,
    latency: () => 3,
    onWrite: () => {},
    requests: { get: 0, put: 0 },
    view: (clock) => ({
      async get() {
        fake.requests.get += 1;
        const fate = fake.fate('get');
        await clock.sleep(fake.latency());
        const { item } = fake;
        await clock.sleep(fake.latency());
        if (fate) throw new StoreUnavailable('fake', { reason: 'get' });
        return item;
      },
      async put(item, condition) {
        fake.requests.put += 1;
        const fate = fake.fate('put');
        await clock.sleep(fake.latency());
        const written = fate !== 'fails' && holds(fake.item, condition);
        if (written) {
          fake.onWrite(fake.item, item);
          fake.item = item;
        }
        await clock.sleep(fake.latency());
        if (fate === 'fails' || fate === 'answer-lost') {
          throw new StoreUnavailable('fake', { reason: 'put' });
        }
        return written && fate !== 'retried';
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
