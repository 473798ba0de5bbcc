import type { Clock } from '../../../lib/clock.ts';
import type { Item } from '../../../lib/dynamodb/item.ts';
import type { Expression, Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';

/**
 * How one request ends:
 *
 * - `fails`: nothing is done, and the caller gets an error;
 * - `answer-lost`: it is done, and the caller gets an error;
 * - `retried`: it is done, its response is lost, and the client sends it again: the condition fails.
 */
export type RequestOutcome = 'fails' | 'answer-lost' | 'retried' | undefined;

export interface FakeTable {
  item: Item | undefined;
  /** Decides how each request ends. */
  outcome: (operation: 'get' | 'put') => RequestOutcome;
  /** Milliseconds until the request arrives, and again until its answer is back. */
  latency: () => number;
  /** How long a caller waits for the response. The request arrives in any case. */
  timeoutMs: number;
  /** Called for each write as it is sent. */
  onSend: (item: Item) => void;
  /** Called for each write as it happens, with the time at which its caller sent it. */
  onWrite: (before: Item | undefined, after: Item, askedAt: number) => void;
  readonly requests: { get: number; put: number };
  /** The table of one instance, which may be cut off from it. */
  view(clock: Clock, isCutOff?: () => boolean): Table;
}

/**
 * The one item of a DynamoDB table in virtual time, with the conditions that the token store uses.
 *
 * @param network the clock of requests under way, even if the instance that sent them is frozen
 */
export function createFakeTable(network: Clock): FakeTable {
  async function send<T>(
    own: Clock,
    isCutOff: () => boolean,
    operation: 'get' | 'put',
    effect: (outcome: RequestOutcome) => T,
    sent = () => {},
  ): Promise<T> {
    // An instance that is frozen sends nothing.
    await own.sleep(0);
    if (isCutOff()) throw new StoreUnavailable('fake', { reason: 'cut off' });
    sent();
    fake.requests[operation] += 1;
    const outcome = fake.outcome(operation);
    const unavailable = () => new StoreUnavailable('fake', { reason: operation });
    const heard = new AbortController();
    const answer = async () => {
      await network.sleep(fake.latency());
      const result = effect(outcome);
      await own.sleep(fake.latency());
      if (outcome === 'fails' || outcome === 'answer-lost') throw unavailable();
      return result;
    };
    const gaveUp = async () => {
      await own.sleep(fake.timeoutMs, heard.signal);
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
    outcome: () => undefined,
    latency: () => 3,
    timeoutMs: 60_000,
    onSend: () => {},
    onWrite: () => {},
    requests: { get: 0, put: 0 },
    view: (own, isCutOff = () => false) => ({
      get: () => send(own, isCutOff, 'get', () => fake.item),
      put(item, condition) {
        const askedAt = network.now();
        const write = (outcome: RequestOutcome) => {
          if (outcome === 'fails' || !holds(fake.item, condition)) return false;
          fake.onWrite(fake.item, item, askedAt);
          fake.item = item;
          return outcome !== 'retried';
        };
        return send(own, isCutOff, 'put', write, () => fake.onSend(item));
      },
      update: unused,
      delete: unused,
      query: unused,
      list: unused,
      batchGet: unused,
    }),
  };
  return fake;
}

/** Here no item is of another form. */
const NO_KNOWN_VERSION =
  'attribute_not_exists(version) OR NOT attribute_type(version, :number) OR version < :first OR version > :last';

function holds(item: Item | undefined, condition: Expression | undefined): boolean {
  switch (condition?.expression) {
    case NO_KNOWN_VERSION:
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
