import fc from 'fast-check';
import type { Item } from '../../../lib/dynamodb/item.ts';
import { StoreUnavailable, WecomAuthError } from '../../../lib/errors.ts';
import type { Breaker, Lease, StoredToken, TokenRecord } from '../../../lib/token/tokenStore.ts';
import type { RequestOutcome } from './fakeTable.ts';
import type { GetTokenCall } from './fakeWecom.ts';
import { createFleet, type Instance } from './fleet.ts';

/*
 * The model: a fleet of instances in virtual time runs a random scenario of requests and faults, while
 * checks watch the table and WeCom.
 */

/** What no scenario may do. */
export const NEVER = {
  twoCalls: 'two gettoken under one live lease',
  expired: 'an expired token was returned',
  dropped: 'a token was dropped that nobody reported',
  older: 'an older token replaced a newer one',
  rejected:
    'a rejected token was returned again, after fewer than three rejections in five minutes',
  rejections:
    "a token was dropped within 30 s of another by their instances' clocks, and was the fourth in five minutes",
  again:
    "gettoken returned a reported token within 30 s of another time by their instances' clocks",
  sixth: 'a sixth failing gettoken in an hour with one writing of the secret',
  eleventh: 'an eleventh failing gettoken in an hour',
  unannounced: 'the breaker was open or closed again, and no instance that read it logged it',
  defect: 'a request ended with an error that is a defect',
  hangs: 'a request took over two minutes',
  dead: 'sign-in did not work again after every fault was removed',
} as const;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const REFUSALS = [40001, 45009, 45033];
/** A caller waits no longer than two attempts of a second each, unless it is frozen. */
const DYNAMODB_TIMEOUT_MS = 2_050;
const SHARED = 'the shared record';

/** One event of a scenario. */
interface ScenarioEvent {
  /** Milliseconds after the event before it. */
  readonly after: number;
  readonly what: What;
  /** Index of the instance that it happens to. */
  readonly who: number;
  /** From 1 to 100: how long, how slow or how often. */
  readonly size: number;
}

const WHATS = [
  'late report',
  'WeCom revokes',
  'WeCom refuses its token',
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
  'an instance is cut off from DynamoDB',
  'SSM is down',
  'SSM is well',
  'the doctor runs',
] as const;

type What =
  | (typeof WHATS)[number]
  | 'request'
  | 'everybody asks'
  | 'a busy hour'
  | 'an unsteady hour'
  | 'a minute of reports'
  | 'many revocations'
  | 'many wrong secrets';

export interface Scenario {
  readonly seed: number;
  /** How far each instance's clock is ahead, in milliseconds. */
  readonly skews: readonly number[];
  /** Seconds that a token lives. */
  readonly lifetime: number;
  /** Whether WeCom returns the same token until it ends. */
  readonly repeats: boolean;
  readonly events: readonly ScenarioEvent[];
}

const whats: fc.Arbitrary<What> = fc.oneof(
  { weight: 100, arbitrary: fc.constant<What>('request') },
  { weight: 80, arbitrary: fc.constant<What>('everybody asks') },
  { weight: 10, arbitrary: fc.constantFrom<What>('a busy hour', 'an unsteady hour') },
  { weight: 5, arbitrary: fc.constant<What>('a minute of reports') },
  { weight: 2, arbitrary: fc.constantFrom<What>('many revocations', 'many wrong secrets') },
  { weight: 220, arbitrary: fc.constantFrom<What>(...WHATS) },
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

const settings = {
  seed: fc.integer(),
  skews: fc.array(skews, { minLength: 2, maxLength: 4 }),
  lifetime: fc.constantFrom(30, 120, 900, 7_200),
  repeats: fc.boolean(),
};

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  ...settings,
  events: fc.array(
    fc.record({ after: gaps, what: whats, who: fc.nat(3), size: fc.integer({ min: 1, max: 100 }) }),
    { minLength: 10, maxLength: 100, size: 'max' },
  ),
});

/** A thousand early revocations and twenty writings of a wrong secret, among other faults. */
export const stormyScenarios: fc.Arbitrary<Scenario> = fc.record({
  ...settings,
  events: fc
    .array(fc.record({ after: gaps, what: fc.constantFrom(...WHATS), who: fc.nat(3) }), {
      minLength: 20,
      maxLength: 20,
      size: 'max',
    })
    .map((faults) =>
      faults.flatMap((fault, n) => [
        { ...fault, size: 50 },
        { after: 0, what: 'many revocations' as const, who: 0, size: 50 },
        ...(n % 4 === 0
          ? [{ after: 0, what: 'many wrong secrets' as const, who: 0, size: 4 }]
          : []),
      ]),
    ),
});

/** The numbers of a run: without many calls of gettoken it would prove nothing. */
export interface Outcome {
  readonly gettokenCalls: number;
  readonly refusedCalls: number;
  /** Calls by instances that did not use the shared record. */
  readonly localCalls: number;
  readonly tokensHandedOut: number;
  /** What happened of `NEVER`. */
  readonly violations: readonly string[];
}

/** Runs the scenario, then removes every fault and checks that sign-in works again. */
export async function runScenario(scenario: Scenario): Promise<Outcome> {
  const fleet = createFleet();
  const { clock, wecom, table, ssm } = fleet;
  const random = randomOf(scenario.seed);
  const violations: string[] = [];
  const never = (what: keyof typeof NEVER, more: string | number = '') =>
    violations.push(`${NEVER[what]} ${more} (${clock.now()})`);
  const all: Instance[] = [];
  const instances = scenario.skews.map(newInstance);
  const pending = new Set<Promise<void>>();
  const deaths = new Map<Instance, PromiseWithResolvers<void>>();
  const handedOut: string[] = [];
  const reported = new Set<string>();
  /**
   * When it was decided to drop a token as rejected, by record: the shared one, or an instance's own.
   * The write may come seconds later, but the next decision counts from this one.
   */
  const drops: { readonly at: number; readonly record: string }[] = [];
  wecom.lifetime = scenario.lifetime;
  wecom.repeats = scenario.repeats;
  let secrets = 1;
  let pFails = 0;
  let slowTable = 0;
  let slow = 100;
  let errcode: number | undefined;
  let stopped = false;
  /** For how long the next holder of the lease is frozen, in milliseconds. */
  let freezeHolder = 0;
  const whose = new Map<string, Instance>();
  const cutOff = new Set<Instance>();
  /** The token that each request reported. */
  const reports = new Map<string, string>();
  /** Calls whose token is in the record that counted them. */
  const kept = new Set<GetTokenCall>();
  /** Requests that claimed the lease last when the token had ended by their clock. */
  const afterEnd = new Set<string>();
  /** Calls of them. */
  const renewals = new Set<GetTokenCall>();
  /** How far apart the clocks of two instances are. */
  const skew = Math.max(...scenario.skews) - Math.min(...scenario.skews);
  /** The record that counted each call: the shared one, or an instance's own since its last seed. */
  const countedIn = new Map<GetTokenCall, string>();

  // The effect of a slow request comes early, late, or after the lease.
  table.latency = () => 1 + random() * 20 + (random() < 0.3 ? random() * slowTable : 0);
  table.outcome = () => {
    if (random() >= pFails) return undefined;
    return (['fails', 'answer-lost', 'retried'] as const)[
      Math.floor(random() * 3)
    ] as RequestOutcome;
  };
  wecom.respond = () => ({
    milliseconds: 20 + random() * slow,
    ...(stopped ? { errcode: 40001 } : errcode !== undefined && { errcode }),
  });
  watch();

  function newInstance(skew: number): Instance {
    const index = all.length;
    const instance: Instance = fleet.newInstance({
      skew,
      random,
      isCutOff: () => cutOff.has(instance),
      onLocalWrite(before, after, seeds) {
        watchWrite(before, after, clock.now());
        if (before.token && !after.token) {
          drops.push({ at: clock.now(), record: `instance ${index}, seed ${seeds}` });
        }
      },
    });
    all.push(instance);
    return instance;
  }

  /** One sign-in, with the one replay of withAccessToken. */
  async function request(instance: Instance, late?: string): Promise<string> {
    const first = await get(instance, late);
    if (wecom.statusOf(first) === 'valid') return first;
    reported.add(first);
    const second = await get(instance, first);
    if (second === first) checkHandedOutAgain(instance, first);
    return second;
  }

  async function get(instance: Instance, rejected?: string): Promise<string> {
    const { token, invocation } = instance.begin(rejected === undefined ? {} : { rejected });
    whose.set(invocation.requestId, instance);
    if (rejected !== undefined) reports.set(invocation.requestId, rejected);
    const value = await token;
    handedOut.push(value);
    if (wecom.statusOf(value) === 'expired') never('expired', value);
    // The response leaves when the background work has ended.
    await invocation.settled();
    return value;
  }

  function checkHandedOutAgain(instance: Instance, token: string): void {
    const since = clock.now() - 5 * MINUTE - skew - MINUTE;
    const own = `instance ${all.indexOf(instance)}, `;
    const recent = drops.filter(({ at, record }) => {
      return at > since && (record === SHARED || record.startsWith(own));
    });
    const reissued = wecom.reissues.get(token) ?? Number.NEGATIVE_INFINITY;
    if (recent.length < 3 && reissued < clock.now() - 2 * MINUTE) never('rejected', token);
  }

  function begin(instance: Instance, late?: string): void {
    track(instance, request(instance, late));
  }

  /** Checks that work ends, with a result or one of our errors. */
  function track(instance: Instance | undefined, work: Promise<unknown>): void {
    const began = clock.now();
    const answered = work
      .then(
        () => undefined,
        (error: unknown) => {
          if (!(error instanceof WecomAuthError)) never('defect', String(error));
          // An instance has its memory to fall back to.
          else if (instance && error instanceof StoreUnavailable) never('defect', error.code);
        },
      )
      .then(() => {
        if (clock.now() - began > 2 * MINUTE) never('hangs');
      });
    const ended = instance ? Promise.race([answered, death(instance)]) : answered;
    const done = ended.finally(() => pending.delete(done));
    pending.add(done);
  }

  function anyInstance(): Instance {
    return instances[Math.floor(random() * instances.length)] as Instance;
  }

  async function happen({ what, who, size }: ScenarioEvent): Promise<void> {
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
        const old = handedOut.filter((token) => wecom.statusOf(token) !== 'valid');
        const late = old[size % Math.max(old.length, 1)];
        if (late === undefined) break;
        reported.add(late);
        begin(instance, late);
        break;
      }
      case 'WeCom revokes':
        wecom.revoke();
        break;
      case 'WeCom refuses its token':
        wecom.refuse();
        break;
      case 'a minute of reports':
        wecom.refuse();
        for (let second = 0; second < 60; second += 1) {
          const late = handedOut.at(-1);
          if (late !== undefined && wecom.statusOf(late) !== 'valid') {
            reported.add(late);
            begin(anyInstance(), late);
          }
          begin(anyInstance());
          await clock.pass(SECOND);
        }
        wecom.accept();
        break;
      case 'many revocations':
        for (let n = 0; n < size; n += 1) {
          wecom.revoke();
          begin(anyInstance());
          await clock.pass(random() * (n % 10 === 0 ? 3 * MINUTE : 3 * SECOND));
        }
        break;
      case 'WeCom is slow':
        slow = size * 50;
        break;
      case 'WeCom is well':
        slow = 100;
        errcode = undefined;
        wecom.accept();
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
      case 'many wrong secrets':
        wecom.revoke();
        for (let n = 0; n < Math.min(size, 20); n += 1) {
          putSecret(false);
          for (const each of instances) begin(each);
          if (random() < 0.3) track(undefined, fleet.runDoctor());
          await clock.pass(random() * 2 * MINUTE);
        }
        break;
      case 'the doctor runs':
        track(undefined, fleet.runDoctor({ skew: scenario.skews[at] ?? 0, random }));
        break;
      case 'freeze':
        instance.freeze(clock.now() + size * 200);
        break;
      case 'kill':
        kill(instance);
        break;
      case 'the next holder freezes':
        freezeHolder = size * 100;
        break;
      case 'the next holder dies':
        freezeHolder = Number.POSITIVE_INFINITY;
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
          if (random() < 0.1) freezeHolder = random() * 20 * SECOND;
          if (random() < 0.05) freezeHolder = Number.POSITIVE_INFINITY;
          begin(anyInstance());
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
        table.timeoutMs = DYNAMODB_TIMEOUT_MS;
        break;
      case 'DynamoDB is slow and waited for':
        slowTable = size * 100;
        table.timeoutMs = MINUTE;
        break;
      case 'an instance is cut off from DynamoDB':
        cutOff.add(instance);
        break;
      case 'DynamoDB is well':
        pFails = 0;
        slowTable = 0;
        cutOff.clear();
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

  /** Resolves when the instance is killed: its requests are never answered. */
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
    instances[at] = newInstance(scenario.skews[at] ?? 0);
  }

  /** Every secret is another text, so that each call shows which one it used. */
  function putSecret(right: boolean): void {
    secrets += 1;
    const value = `secret-${secrets}`;
    ssm.put(value);
    wecom.secret = right ? value : `not ${value}`;
  }

  function isLocal(call: GetTokenCall): boolean {
    return countedIn.get(call) !== SHARED;
  }

  function watch(): void {
    wecom.onCall = (call) => {
      const at = all.findIndex((each) => each.local.has(call.requestId));
      const seeds = all[at]?.local.get(call.requestId);
      if (afterEnd.has(call.requestId)) renewals.add(call);
      countedIn.set(call, at < 0 ? SHARED : `instance ${at}, seed ${seeds}`);
      const sharedCalls = wecom.calls.filter((each) => !isLocal(each));
      const isUnderWay = (each: GetTokenCall) =>
        each.doneAt === undefined && each.until > clock.now();
      if (!isLocal(call) && sharedCalls.some(isUnderWay)) never('twoCalls');
    };

    table.onSend = (item) => {
      const requestId = requestOf(item);
      if (requestId) for (const each of all) each.local.delete(requestId);
    };

    table.onWrite = (before, after, askedAt) => {
      const token = before?.['token'] as StoredToken | undefined;
      const next = after['token'] as StoredToken | undefined;
      const holder = requestOf(after);
      if (holder) strike(holder);
      watchWrite(before ?? {}, after, askedAt);
      if (!token || next?.value === token.value) return;
      if (next) {
        if (numberOf(next) < numberOf(token)) never('older');
        return;
      }
      if (!reported.has(token.value)) never('dropped', token.value);
      drops.push({ at: askedAt, record: SHARED });
    };
  }

  function watchWrite(before: Partial<TokenRecord> | Item, after: TokenRecord | Item, at: number) {
    const [holder, claimant] = [requestOf(before), requestOf(after)];
    const call = wecom.calls.findLast(({ requestId }) => requestId === holder);
    const [token, next] = [before, after].map((each) => each['token'] as StoredToken | undefined);
    if (call && next && next.value === call.token) kept.add(call);
    if (claimant === undefined || claimant === holder) return;
    const now = at + (whose.get(claimant)?.skew ?? 0);
    afterEnd.delete(claimant);
    if (token && now >= token.expiresAt + SECOND) afterEnd.add(claimant);
  }

  /** A request has taken the lease. */
  function strike(requestId: string): void {
    const holder = whose.get(requestId);
    if (holder && freezeHolder === Number.POSITIVE_INFINITY) kill(holder);
    else if (holder && freezeHolder > 0) holder.freeze(clock.now() + freezeHolder);
    freezeHolder = 0;
  }

  function checkRefusals(): void {
    const refused = wecom.calls.filter(isRefused);
    for (const [record, calls] of Map.groupBy(refused, (call) => countedIn.get(call))) {
      if (mostInAnHour(calls) > 10) never('eleventh', record);
      for (const [secret, same] of Map.groupBy(calls, (call) => call.secret)) {
        if (mostInAnHour(same) > 5) never('sixth', `${secret}, ${record}`);
      }
    }
  }

  /**
   * An instance compares its own clock with the time that another instance wrote. So two decisions may be
   * closer together than the limits, by the difference of the clocks at most.
   */
  function checkRejections(): void {
    for (const [record, same] of Map.groupBy(drops, (drop) => drop.record)) {
      for (const [n, { at }] of same.entries()) {
        const previous = same[n - 1]?.at ?? 0;
        const third = same[n - 3]?.at ?? 0;
        const isSoon = at - previous < 30 * SECOND - skew;
        if (isSoon && at - third < 5 * MINUTE - skew) never('rejections', record);
      }
    }
  }

  /**
   * After gettoken returned a reported token again, the next call that a report of it causes is 30 s
   * later, by the clock of the instance that reads the record. Two calls do not count: one whose token
   * was never written, so that no other instance has it, and one after the token's end, which needs no
   * report.
   */
  function checkReissues(): void {
    const given = wecom.calls.filter(({ requestId, token }) => {
      return token !== undefined && token === reports.get(requestId);
    });
    for (const [record, same] of Map.groupBy(
      given,
      (call) => `${call.token}, ${countedIn.get(call)}`,
    )) {
      for (const [n, call] of same.entries()) {
        const previous = same[n - 1];
        if (!previous || !kept.has(previous) || renewals.has(call)) continue;
        if (call.at - previous.at < 30 * SECOND - skew) never('again', record);
      }
    }
  }

  /** An instance that logged that the breaker is open logs that it is closed, when it reads so. */
  function checkAnnouncements(): void {
    const breaker = table.item?.['breaker'] as Breaker | undefined;
    const isClosed = breaker?.openedAt === undefined;
    for (const { lines } of instances) {
      const metrics = lines.filter(
        (line) => 'TokenBreakerOpened' in line || 'TokenBreakerClosed' in line,
      );
      const last = metrics.at(-1);
      if (isClosed && last && 'TokenBreakerOpened' in last) never('unannounced', 'closed');
    }
    const sharedRefusals = wecom.calls.filter((call) => isRefused(call) && !isLocal(call));
    const byInstance = sharedRefusals.filter(({ requestId }) => {
      const instance = whose.get(requestId);
      return instance !== undefined && instances.includes(instance);
    });
    const isAnnounced = all.some(({ lines }) => lines.some((line) => 'TokenBreakerOpened' in line));
    if (byInstance.length > 0 && !isAnnounced) never('unannounced', 'open');
  }

  for (const event of scenario.events) {
    await clock.pass(event.after);
    await happen(event);
  }
  await clock.run(() => Promise.all(pending));

  // The longest pause of a breaker is an hour, and clocks differ.
  const mended: What[] = ['DynamoDB is well', 'SSM is well', 'WeCom is well', 'the app is started'];
  for (const what of mended) await happen({ after: 0, what, who: 0, size: 1 });
  freezeHolder = 0;
  putSecret(true);
  await clock.pass(HOUR + MINUTE);
  for (const instance of instances) {
    // The first request may get a shared token that was revoked as well, and ends with a 401.
    await clock.run(request(instance)).catch(() => undefined);
    const again = () => clock.run(request(instance)).then(wecom.statusOf, String);
    // A WeCom that repeats its token may have only the last seconds of it left, which are not usable.
    if ((await again()) !== 'valid') await clock.pass(30 * SECOND);
    const end = await again();
    if (end !== 'valid') never('dead', end);
  }
  // Past the life of every token, so that each instance has read the record once more.
  await clock.pass(2 * HOUR);
  for (const instance of instances) await clock.run(request(instance)).catch(() => undefined);
  checkRefusals();
  checkRejections();
  checkReissues();
  checkAnnouncements();
  return {
    gettokenCalls: wecom.calls.length,
    refusedCalls: wecom.calls.filter(isRefused).length,
    localCalls: wecom.calls.filter(isLocal).length,
    tokensHandedOut: handedOut.length,
    violations,
  };
}

function mostInAnHour(calls: readonly GetTokenCall[]): number {
  const counts = calls.map(
    ({ at }) => calls.filter((each) => each.at >= at && each.at < at + HOUR).length,
  );
  return Math.max(0, ...counts);
}

/** The request that holds the lease, or wants to. */
function requestOf(item: Item | Partial<TokenRecord>): string | undefined {
  return (item['lease'] as Lease | undefined)?.owner.split('/')[0];
}

/** If nobody listened to a call any more, nobody can know how it ended. */
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
