import fc from 'fast-check';
import type { Item } from '../../../lib/dynamodb/item.ts';
import { WecomAuthError } from '../../../lib/errors.ts';
import type { Lease, StoredToken } from '../../../lib/token/tokenRecord.ts';
import type { Fate } from './fakeTable.ts';
import type { GetTokenCall } from './fakeWecom.ts';
import { createFleet, type Instance } from './fleet.ts';

/*
 * The model: a fleet in virtual time lives through a story of requests and of everything that can
 * go wrong, and a judge watches the table and WeCom.
 */

/** What must never happen, whatever the story. */
export const NEVER = {
  twoCalls: 'two gettoken under one live lease',
  expired: 'an expired token was handed out',
  dropped: 'a token was dropped that nobody reported',
  older: 'an older token was put over a newer one',
  sixth: 'a sixth failing gettoken in an hour with one secret',
  defect: 'a request ended with an error that is no answer',
  hangs: 'a request took over two minutes',
  dead: 'sign-in did not work again after everything was mended',
} as const;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const REFUSALS = [40001, 45009, 45033];
/** Two attempts of a second each: longer than that nobody waits, unless it is frozen. */
const DYNAMODB_PATIENCE = 2_050;
const SHARED = 'under the shared lease';

/** Something that happens so many milliseconds after what happened before. */
interface Happening {
  readonly after: number;
  readonly what: What;
  /** Which instance. */
  readonly who: number;
  /** How much of it. */
  readonly size: number;
}

type What =
  | 'request'
  | 'everybody asks'
  | 'late report'
  | 'WeCom revokes'
  | 'WeCom is slow'
  | 'WeCom is well'
  | 'WeCom refuses gettoken'
  | 'the app is stopped'
  | 'the app is started'
  | 'right secret'
  | 'wrong secret'
  | 'freeze'
  | 'kill'
  | 'the next holder freezes'
  | 'the next holder dies'
  | 'a busy hour'
  | 'an unsteady hour'
  | 'DynamoDB fails now and then'
  | 'DynamoDB is down'
  | 'DynamoDB is slow'
  | 'DynamoDB is slow and waited for'
  | 'DynamoDB is well'
  | 'DynamoDB deletes by TTL'
  | 'SSM is down'
  | 'SSM is well';

export interface Story {
  readonly seed: number;
  /** Milliseconds that each instance's clock is ahead. */
  readonly skews: readonly number[];
  /** Seconds that a token lives. */
  readonly lifetime: number;
  /** Whether WeCom gives the same token until it ends. */
  readonly repeats: boolean;
  readonly happenings: readonly Happening[];
}

const whats: fc.Arbitrary<What> = fc.oneof(
  { weight: 10, arbitrary: fc.constant<What>('request') },
  { weight: 8, arbitrary: fc.constant<What>('everybody asks') },
  { weight: 2, arbitrary: fc.constant<What>('late report') },
  { weight: 1, arbitrary: fc.constantFrom<What>('a busy hour', 'an unsteady hour') },
  {
    weight: 20,
    arbitrary: fc.constantFrom<What>(
      'WeCom revokes',
      'WeCom is slow',
      'WeCom is well',
      'WeCom refuses gettoken',
      'the app is stopped',
      'the app is started',
      'right secret',
      'wrong secret',
      'freeze',
      'kill',
      'the next holder freezes',
      'the next holder dies',
      'DynamoDB fails now and then',
      'DynamoDB is down',
      'DynamoDB is slow',
      'DynamoDB is slow and waited for',
      'DynamoDB is well',
      'DynamoDB deletes by TTL',
      'SSM is down',
      'SSM is well',
    ),
  },
);

const gaps = fc.oneof(
  fc.integer({ min: 0, max: 50 }),
  fc.integer({ min: 0, max: 10 * SECOND }),
  fc.integer({ min: 0, max: 3 * MINUTE }),
  fc.integer({ min: 0, max: 30 * MINUTE }),
);

const skews = fc.oneof(
  fc.constantFrom(-2 * SECOND, 0, 2 * SECOND),
  fc.integer({ min: -2 * SECOND, max: 2 * SECOND }),
);

export const stories: fc.Arbitrary<Story> = fc.record({
  seed: fc.integer(),
  skews: fc.array(skews, { minLength: 2, maxLength: 4 }),
  lifetime: fc.constantFrom(30, 120, 900, 7_200),
  repeats: fc.boolean(),
  happenings: fc.array(
    fc.record({ after: gaps, what: whats, who: fc.nat(3), size: fc.integer({ min: 1, max: 100 }) }),
    { minLength: 10, maxLength: 100, size: 'max' },
  ),
});

/** What a run came to; a story that is told well has many gettoken calls. */
export interface Outcome {
  readonly gettokenCalls: number;
  readonly refusedCalls: number;
  /** Calls by instances that went without the shared record. */
  readonly aloneCalls: number;
  readonly tokensHandedOut: number;
  /** What happened that must never happen. */
  readonly violations: readonly string[];
}

/** Lets the story happen, then mends everything and sees whether sign-in works again. */
export async function live(story: Story): Promise<Outcome> {
  const fleet = createFleet();
  const { clock, wecom, table, ssm } = fleet;
  const random = randomOf(story.seed);
  const violations: string[] = [];
  const never = (what: keyof typeof NEVER, more: string | number = '') =>
    violations.push(`${NEVER[what]} ${more} (${clock.now()})`);
  const instances = story.skews.map((skew) => fleet.newInstance({ skew, random }));
  const all = [...instances];
  const pending = new Set<Promise<void>>();
  const deaths = new Map<Instance, PromiseWithResolvers<void>>();
  const handedOut: string[] = [];
  const reported = new Set<string>();
  wecom.lifetime = story.lifetime;
  wecom.repeats = story.repeats;
  let secrets = 1;
  let pFails = 0;
  let slowTable = 0;
  let slow = 100;
  let errcode: number | undefined;
  let stopped = false;
  /** What the one who takes the next lease is to suffer: milliseconds of frost. */
  let frostForHolder = 0;
  const whose = new Map<string, Instance>();
  /** Each call was made under the shared lease, or by one instance that went without it. */
  const under = new Map<GetTokenCall, string>();

  // Of a request that takes so long either way, the effect comes early or late, or after the lease.
  table.latency = () => 1 + random() * 20 + (random() < 0.3 ? random() * slowTable : 0);
  table.fate = () => {
    if (random() >= pFails) return undefined;
    return (['fails', 'answer-lost', 'retried'] as const)[Math.floor(random() * 3)] as Fate;
  };
  wecom.treat = () => ({
    milliseconds: 20 + random() * slow,
    ...(stopped ? { errcode: 40001 } : errcode !== undefined && { errcode }),
  });
  judge();

  /** What authorized does: one replay with another token, never more. */
  async function request(instance: Instance, late?: string): Promise<string> {
    const first = await get(instance, late);
    if (wecom.look(first) === 'valid') return first;
    reported.add(first);
    return get(instance, first);
  }

  async function get(instance: Instance, rejected?: string): Promise<string> {
    const { token, invocation } = instance.begin(rejected === undefined ? {} : { rejected });
    whose.set(invocation.requestId, instance);
    const value = await token;
    handOut(value);
    // The answer to the visitor leaves when the background work has ended.
    await invocation.settled();
    return value;
  }

  function handOut(token: string): void {
    handedOut.push(token);
    if (wecom.look(token) === 'expired') never('expired', token);
  }

  function begin(instance: Instance, late?: string): void {
    const began = clock.now();
    const answered = request(instance, late)
      .catch((error: unknown) => {
        if (!(error instanceof WecomAuthError)) never('defect', String(error));
      })
      .then(() => {
        if (clock.now() - began > 2 * MINUTE) never('hangs');
      });
    const done = Promise.race([answered, death(instance)]).finally(() => pending.delete(done));
    pending.add(done);
  }

  async function happen({ what, who, size }: Happening): Promise<void> {
    const at = who % instances.length;
    const instance = instances[at] as Instance;
    switch (what) {
      case 'request':
        begin(instance);
        break;
      case 'everybody asks':
        for (const each of [...instances, ...instances]) begin(each);
        break;
      case 'late report': {
        const old = handedOut.filter((token) => wecom.look(token) !== 'valid');
        const late = old[size % Math.max(old.length, 1)];
        if (late === undefined) break;
        reported.add(late);
        begin(instance, late);
        break;
      }
      case 'WeCom revokes':
        wecom.revoke();
        break;
      case 'WeCom is slow':
        slow = size * 50;
        break;
      case 'WeCom is well':
        slow = 100;
        errcode = undefined;
        break;
      case 'WeCom refuses gettoken':
        errcode = [-1, 45009, 45033][size % 3];
        break;
      case 'the app is stopped':
        stopped = true;
        break;
      case 'the app is started':
        stopped = false;
        break;
      case 'right secret':
        putSecret(true);
        break;
      case 'wrong secret':
        putSecret(false);
        break;
      case 'freeze':
        instance.freeze(clock.now() + size * 200);
        break;
      case 'kill':
        kill(instance);
        break;
      case 'the next holder freezes':
        frostForHolder = size * 100;
        break;
      case 'the next holder dies':
        frostForHolder = Number.POSITIVE_INFINITY;
        break;
      case 'a busy hour':
        for (let minute = 0; minute < 60; minute += 1) {
          begin(instance);
          await clock.pass(MINUTE);
        }
        break;
      case 'an unsteady hour':
        for (let minute = 0; minute < 60; minute += 1) {
          if (random() < 0.3) stopped = !stopped;
          if (random() < 0.3) wecom.revoke();
          if (random() < 0.1) frostForHolder = random() * 20 * SECOND;
          if (random() < 0.05) frostForHolder = Number.POSITIVE_INFINITY;
          begin(instances[Math.floor(random() * instances.length)] as Instance);
          await clock.pass(random() * 2 * MINUTE);
        }
        break;
      case 'DynamoDB fails now and then':
        pFails = size / 100;
        break;
      case 'DynamoDB is down':
        pFails = 1;
        break;
      case 'DynamoDB is slow':
        slowTable = size * 100;
        table.patience = DYNAMODB_PATIENCE;
        break;
      case 'DynamoDB is slow and waited for':
        slowTable = size * 100;
        table.patience = MINUTE;
        break;
      case 'DynamoDB is well':
        pFails = 0;
        slowTable = 0;
        break;
      case 'DynamoDB deletes by TTL':
        if (Number(table.item?.['ttl']) * SECOND < clock.now()) table.item = undefined;
        break;
      case 'SSM is down':
        ssm.down = true;
        break;
      case 'SSM is well':
        ssm.down = false;
        break;
    }
  }

  /** Comes when the instance is killed: what it was asked is never answered. */
  function death(instance: Instance): Promise<void> {
    const known = deaths.get(instance) ?? Promise.withResolvers<void>();
    deaths.set(instance, known);
    return known.promise;
  }

  function kill(instance: Instance): void {
    const at = instances.indexOf(instance);
    if (at < 0) return;
    instance.freeze();
    deaths.get(instance)?.resolve();
    instances[at] = fleet.newInstance({ skew: story.skews[at] ?? 0, random });
    all.push(instances[at]);
  }

  /** Every secret is another text, so that WeCom's call log tells them apart. */
  function putSecret(right: boolean): void {
    secrets += 1;
    const value = `secret-${secrets}`;
    ssm.put(value);
    wecom.secret = right ? value : `not ${value}`;
  }

  function isAlone(call: GetTokenCall): boolean {
    return under.get(call) !== SHARED;
  }

  function judge(): void {
    wecom.onCall = (call) => {
      const alone = all.findIndex((each) => each.alone.has(call.requestId));
      under.set(call, alone < 0 ? SHARED : `instance ${alone} alone`);
      const sharedCalls = wecom.calls.filter((each) => !isAlone(each));
      const underWay = (each: GetTokenCall) =>
        each.doneAt === undefined && each.until > clock.now();
      if (!isAlone(call) && sharedCalls.some(underWay)) never('twoCalls');
    };

    table.onSend = (item) => {
      const requestId = requestOf(item);
      if (requestId) for (const each of all) each.alone.delete(requestId);
    };

    table.onWrite = (before, after) => {
      const token = before?.['token'] as StoredToken | undefined;
      const next = after['token'] as StoredToken | undefined;
      const holder = requestOf(after);
      if (holder) strike(holder);
      if (!token || next?.value === token.value) return;
      if (next) {
        if (numberOf(next) < numberOf(token)) never('older');
      } else if (!reported.has(token.value)) never('dropped', token.value);
    };
  }

  /** Somebody has taken the lease. */
  function strike(requestId: string): void {
    const holder = whose.get(requestId);
    if (holder && frostForHolder === Number.POSITIVE_INFINITY) kill(holder);
    else if (holder && frostForHolder > 0) holder.freeze(clock.now() + frostForHolder);
    frostForHolder = 0;
  }

  function judgeRefusals(): void {
    const refused = wecom.calls.filter(isRefused);
    const groups = Map.groupBy(refused, (call) => `${call.secret}, ${under.get(call)}`);
    for (const [group, calls] of groups) {
      for (const { at } of calls) {
        const inHour = calls.filter((each) => each.at >= at && each.at < at + HOUR).length;
        if (inHour > 5) never('sixth', group);
      }
    }
  }

  for (const happening of story.happenings) {
    await clock.pass(happening.after);
    await happen(happening);
  }
  await clock.run(() => Promise.all(pending));
  judgeRefusals();

  // Everything is mended; the longest pause of a breaker is an hour.
  for (const what of ['DynamoDB is well', 'SSM is well', 'WeCom is well', 'the app is started']) {
    await happen({ after: 0, what: what as What, who: 0, size: 1 });
  }
  frostForHolder = 0;
  putSecret(true);
  await clock.pass(HOUR + MINUTE);
  for (const instance of instances) {
    // The first may replay with a shared token that was revoked as well, and ends with a 401.
    await clock.run(request(instance)).catch(() => undefined);
    const end = await clock.run(request(instance)).then(wecom.look, String);
    if (end !== 'valid') never('dead', end);
  }
  return {
    gettokenCalls: wecom.calls.length,
    refusedCalls: wecom.calls.filter(isRefused).length,
    aloneCalls: wecom.calls.filter(isAlone).length,
    tokensHandedOut: handedOut.length,
    violations,
  };
}

/** The request that holds the lease, or is to. */
function requestOf(item: Item): string | undefined {
  return (item['lease'] as Lease | undefined)?.owner.split('/')[0];
}

/** Of a call that nobody listened to any more, nobody can know how it ended. */
function isRefused({ errcode = 0, doneAt = 0, until }: GetTokenCall): boolean {
  return REFUSALS.includes(errcode) && doneAt < until;
}

function numberOf(token: StoredToken): number {
  return Number(token.value.slice(1));
}

/** Mulberry32: small, good enough, and the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
