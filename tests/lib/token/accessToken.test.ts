import { describe, expect, it } from 'vitest';
import { TokenUnavailable } from '../../../lib/token/errors.ts';
import { REJECTION_PAUSE_MS } from '../../../lib/token/nextStep.ts';
import { LEASE_MS, type TokenRecord } from '../../../lib/token/tokenStore.ts';
import type { VirtualClock } from '../../harness/virtualClock.ts';
import type { FakeTable } from './fakeTable.ts';
import type { FakeWecom } from './fakeWecom.ts';
import { createFleet, type Fleet, type Instance, PARAMETER } from './fleet.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The stored item. */
function stored(fleet: Fleet): TokenRecord & { ttl: number } {
  return fleet.table.item as unknown as TokenRecord & { ttl: number };
}

async function failure(work: Promise<unknown>): Promise<TokenUnavailable> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof TokenUnavailable) return error;
  throw new Error(`not a TokenUnavailable: ${String(error)}`);
}

/** One sign-in, with the one replay of withAccessToken. @returns the status of its last token */
async function signIn(wecom: FakeWecom, instance: Instance): Promise<string> {
  const token = await instance.get();
  const status = wecom.statusOf(token);
  return status === 'valid' ? status : wecom.statusOf(await instance.get({ rejected: token }));
}

/** The response to the n-th write from now is lost, so the client sends it again. */
function loseResponse(table: FakeTable, nthPut: number): void {
  let puts = 0;
  table.outcome = (operation) => {
    if (operation === 'put') puts += 1;
    return operation === 'put' && puts === nthPut ? 'retried' : undefined;
  };
}

/** Lets a holder of the lease die during gettoken, and waits until its lease ends. */
async function dieAsHolder(
  clock: VirtualClock,
  holder: Instance,
  rejected?: string,
): Promise<void> {
  void holder.begin(rejected === undefined ? {} : { rejected });
  await clock.pass(50);
  holder.freeze();
  await clock.pass(LEASE_MS);
}

/** A fleet whose instances have a token with this many seconds left. */
async function fleetWith(secondsLeft: number, instances = 1) {
  const fleet = createFleet();
  const all = Array.from({ length: instances }, (_, n) =>
    fleet.newInstance({ random: () => n / instances }),
  );
  for (const instance of all) expect(await fleet.clock.run(instance.get())).toBe('T1');
  await fleet.clock.pass(
    (stored(fleet).token?.expiresAt as number) - fleet.clock.now() - secondsLeft * SECOND,
  );
  const [one] = all;
  if (!one) throw new Error('no instance');
  return { ...fleet, fleet, all, one };
}

describe('the access_token', () => {
  it('is one gettoken for any number of instances and callers', async () => {
    const { clock, wecom, table, ssm, newInstance } = createFleet();
    const callers = Array.from({ length: 50 }, () => newInstance({ random: Math.random })).flatMap(
      (instance) => Array.from({ length: 20 }, () => instance.get()),
    );
    const tokens = await clock.run(Promise.all(callers));
    expect(new Set(tokens)).toEqual(new Set(['T1']));
    expect(wecom.calls).toHaveLength(1);
    expect(ssm.reads).toBe(1);
    expect(table.requests.get).toBeLessThan(50 * 10);
  });

  it('is read from the store once for all requests of a fresh instance', async () => {
    const { clock, table, newInstance } = await fleetWith(3_600);
    const fresh = newInstance();
    table.requests.get = 0;
    await clock.run(Promise.all(Array.from({ length: 30 }, () => fresh.get())));
    expect(table.requests.get).toBe(1);
  });

  it('costs a warm instance no request', async () => {
    const { clock, table, ssm, wecom, one } = await fleetWith(3_600);
    const before = { ...table.requests, ssm: ssm.reads, wecom: wecom.calls.length };
    await clock.run(one.get());
    expect({ ...table.requests, ssm: ssm.reads, wecom: wecom.calls.length }).toEqual(before);
  });
});

describe('in the soft margin', () => {
  it('one caller renews it, and none waits', async () => {
    const { fleet, clock, wecom, all } = await fleetWith(230, 5);
    wecom.respond = () => ({ milliseconds: 2_000 });
    const before = clock.now();
    const requests = all.map((instance) => instance.begin());
    const tokens = await clock.run(Promise.all(requests.map(({ token }) => token)));
    expect(tokens).toEqual(Array(5).fill('T1'));
    expect(clock.now()).toBe(before);

    await clock.run(Promise.all(requests.map(({ invocation }) => invocation.settled())));
    expect(wecom.calls).toHaveLength(2);
    expect(stored(fleet).token?.value).toBe('T2');
    expect(await clock.run(all[0]?.get() as Promise<string>)).toBe('T2');
  });

  it('a fresh instance renews it too, and returns the current one at once', async () => {
    const { clock, wecom, newInstance } = await fleetWith(230);
    wecom.respond = () => ({ milliseconds: 2_000 });
    const before = clock.now();
    const { token, invocation } = newInstance().begin();
    expect(await clock.run(token)).toBe('T1');
    expect(clock.now() - before).toBeLessThan(50);
    await clock.run(invocation.settled());
    expect(wecom.calls).toHaveLength(2);
  });

  it('an instance reads the record again after five seconds if another one renews', async () => {
    const { clock, wecom, table, all } = await fleetWith(230, 2);
    wecom.respond = () => ({ milliseconds: 2_500 });
    const [one, other] = all as [(typeof all)[0], (typeof all)[0]];
    const renewing = one.get();
    await clock.pass(50);
    await clock.run(other.get());
    table.requests.get = 0;
    await clock.run(other.get());
    expect(table.requests.get).toBe(0);
    await clock.run(renewing);
    await clock.pass(5 * SECOND);
    await clock.run(other.get());
    expect(await clock.run(other.get())).toBe('T2');
  });

  it('a renewal that fails does not fail requests: the token is used until the hard margin', async () => {
    const { clock, wecom, one, fleet } = await fleetWith(230);
    wecom.respond = () => ({ errcode: -1 });
    expect(await clock.run(one.get())).toBe('T1');
    expect(stored(fleet)).toMatchObject({
      token: { value: 'T1' },
      breaker: { reason: 'unreachable' },
    });
    await clock.pass(60 * SECOND);
    expect(await clock.run(one.get())).toBe('T1');
  });

  it('an invocation that is about to end does not renew', async () => {
    const { clock, wecom, one } = await fleetWith(230);
    expect(await clock.run(one.get({ milliseconds: 900 }))).toBe('T1');
    expect(wecom.calls).toHaveLength(1);
  });
});

describe('in the hard margin', () => {
  it('all callers wait for the one that renews', async () => {
    const { clock, wecom, all } = await fleetWith(59, 5);
    wecom.respond = () => ({ milliseconds: 2_000 });
    const before = clock.now();
    const tokens = await clock.run(Promise.all(all.map((instance) => instance.get())));
    expect(tokens).toEqual(Array(5).fill('T2'));
    expect(wecom.calls).toHaveLength(2);
    expect(clock.now() - before).toBeLessThan(3_000);
  });

  it('a caller waits no longer than its invocation has time', async () => {
    const { clock, wecom, all } = await fleetWith(59, 2);
    wecom.respond = () => ({ milliseconds: 2_900 });
    const [one, other] = all as [(typeof all)[0], (typeof all)[0]];
    const holder = one.get();
    await clock.pass(50);
    const before = clock.now();
    const error = await clock.run(failure(other.get({ milliseconds: 1_500 })));
    expect(error).toMatchObject({ reason: 'waited-too-long', errcode: -1 });
    expect(clock.now() - before).toBeLessThanOrEqual(1_500);
    expect(await clock.run(holder)).toBe('T2');
  });

  it('an invocation that is about to end does not call gettoken', async () => {
    const { clock, wecom, one } = await fleetWith(59);
    const error = await clock.run(failure(one.get({ milliseconds: 900 })));
    expect(error.reason).toBe('waited-too-long');
    expect(wecom.calls).toHaveLength(1);
  });

  it('an invocation that ends before a slow gettoken does not make others pause', async () => {
    const { clock, wecom, one, newInstance } = await fleetWith(59);
    wecom.respond = () => ({ milliseconds: 2_000 });
    const error = await clock.run(failure(one.get({ milliseconds: 1_500 })));
    expect(error).toMatchObject({ reason: 'unreachable', retryAfterSeconds: 1 });
    const before = clock.now();
    expect(await clock.run(newInstance().get())).toMatch(/^T/);
    expect(clock.now() - before).toBeLessThan(2_100);
  });

  it('an invocation whose time ends as the secret is refused makes others pause', async () => {
    const { clock, wecom, one, newInstance } = await fleetWith(59);
    wecom.secret = 'new';
    wecom.respond = () => ({ milliseconds: 1_440 });
    await clock.run(failure(one.get({ milliseconds: 1_500 })));
    const calls = wecom.calls.length;
    expect((await clock.run(failure(newInstance().get()))).reason).toBe('refused');
    expect(wecom.calls).toHaveLength(calls);
  });
});

describe('a holder of the lease', () => {
  it('that dies during gettoken is replaced when its lease ends', async () => {
    const { clock, wecom, newInstance } = createFleet();
    wecom.respond = () => ({ milliseconds: 2_000 });
    const holder = newInstance();
    void holder.begin();
    await clock.pass(1_000);
    expect(wecom.calls).toHaveLength(1);
    holder.freeze();
    const began = clock.now();
    const others = Array.from({ length: 10 }, () => newInstance({ random: Math.random }).get());
    const tokens = await clock.run(Promise.all(others));
    expect(new Set(tokens).size).toBe(1);
    expect(wecom.calls).toHaveLength(2);
    expect(clock.now() - began).toBeLessThan(LEASE_MS + 2_000 + 1_000);
  });

  it('is followed within 170 ms by waiting callers, at less than 32 reads each', async () => {
    const { clock, wecom, table, newInstance } = createFleet();
    const holder = newInstance();
    void holder.begin();
    await clock.pass(50);
    holder.freeze();
    table.requests.get = 0;
    let calledAt = 0;
    wecom.respond = () => {
      calledAt = clock.now();
      return { milliseconds: 300 };
    };
    const others = Array.from({ length: 50 }, (_, n) => newInstance({ random: () => n / 50 }));
    await clock.run(Promise.all(others.map((each) => each.get())));
    expect(wecom.calls).toHaveLength(2);
    expect(clock.now() - (calledAt + 300)).toBeLessThan(170);
    expect(table.requests.get).toBeLessThan(50 * 32);
  });

  it('that dies three times in a row does not open the breaker', async () => {
    const { clock, wecom, newInstance } = createFleet();
    for (let n = 0; n < 3; n += 1) await dieAsHolder(clock, newInstance());
    expect(await clock.run(newInstance().get())).toMatch(/^T/);
    expect(wecom.calls).toHaveLength(4);
  });

  it('that dies four times in a row opens the breaker, and each instance logs that once', async () => {
    const { clock, wecom, newInstance } = createFleet();
    for (let n = 0; n < 4; n += 1) await dieAsHolder(clock, newInstance());
    const others = [newInstance(), newInstance(), newInstance()];
    for (const each of [...others, ...others]) {
      expect((await clock.run(failure(each.get()))).reason).toBe('unreported');
    }
    for (const { lines } of others) {
      expect(lines).toMatchObject([
        { TokenBreakerOpened: 1, breaker: 'unreported', failures: 4, parameter: PARAMETER },
      ]);
    }
    expect(wecom.calls).toHaveLength(4);
    await clock.pass(30 * MINUTE);
    const after = newInstance();
    await clock.run(after.get());
    expect(after.lines).toMatchObject([{ TokenBreakerClosed: 1, parameter: PARAMETER }]);
    for (const each of others) {
      await clock.run(each.get());
      await clock.run(each.get());
      expect(each.lines).toMatchObject([{}, { TokenBreakerClosed: 1, parameter: PARAMETER }]);
    }
  });

  it('that dies four times in a row: a secret that is written again is tried within ten seconds', async () => {
    const { clock, ssm, newInstance } = createFleet();
    for (let n = 0; n < 4; n += 1) await dieAsHolder(clock, newInstance());
    const one = newInstance();
    await clock.run(failure(one.get()));
    ssm.put('right');
    await clock.pass(10 * SECOND);
    expect(await clock.run(one.get())).toMatch(/^T/);
    const metrics = one.lines.map((line) => ('TokenBreakerClosed' in line ? 'closed' : 'opened'));
    expect(metrics).toEqual(['opened', 'closed']);
  });

  it('that dies before it calls gettoken is not counted', async () => {
    const { clock, wecom, newInstance } = createFleet();
    for (let n = 0; n < 6; n += 1) {
      const holder = newInstance();
      void holder.begin();
      await clock.pass(15);
      holder.freeze();
      await clock.pass(LEASE_MS);
    }
    expect(wecom.calls).toHaveLength(0);
    expect(await clock.run(newInstance().get())).toBe('T1');
  });

  it('that dies after four refusals in the hour is the reason that the error names', async () => {
    const { clock, wecom, newInstance } = createFleet();
    wecom.secret = 'another';
    for (const minutes of [0, 1, 5, 15]) {
      await clock.pass(minutes * MINUTE);
      await clock.run(failure(newInstance().get()));
    }
    wecom.secret = 'right';
    await clock.pass(30 * MINUTE);
    const token = await clock.run(newInstance().get());
    await dieAsHolder(clock, newInstance(), token);
    const error = await clock.run(failure(newInstance().get()));
    expect(error).toMatchObject({ reason: 'unreported', errcode: -1 });
    expect(error.details['advice']).toMatch(/end before they can write the outcome/);
  });

  it('that wakes up late does not replace the newer token, and uses its own', async () => {
    const { clock, wecom, newInstance, table } = createFleet();
    const slow = newInstance();
    const { token } = slow.begin();
    await clock.pass(50);
    slow.freeze(clock.now() + 20 * SECOND);
    await clock.pass(LEASE_MS);
    expect(await clock.run(newInstance().get())).toBe('T2');
    expect(await clock.run(token)).toBe('T1');
    expect(wecom.calls).toHaveLength(2);
    expect((table.item as unknown as TokenRecord).token?.value).toBe('T2');
  });

  it('that wakes up when its token has expired reads the record again', async () => {
    const { clock, newInstance } = createFleet();
    const slow = newInstance();
    const { token } = slow.begin({ milliseconds: 10 * 3_600 * SECOND });
    await clock.pass(50);
    slow.freeze(clock.now() + 3 * 3_600 * SECOND);
    expect(await clock.run(token)).toBe('T2');
  });

  it('is the only one, even if clocks differ by four seconds', async () => {
    const { clock, wecom, newInstance } = createFleet();
    wecom.respond = () => ({ milliseconds: 2_900 });
    const behind = newInstance({ skew: -2_000 });
    const ahead = newInstance({ skew: 2_000 });
    const tokens = await clock.run(Promise.all([behind.get(), ahead.get()]));
    expect(tokens).toEqual(['T1', 'T1']);
    expect(wecom.calls).toHaveLength(1);
  });

  it('whose response to the claim was lost continues with the claim', async () => {
    const { clock, wecom, newInstance, table } = createFleet();
    loseResponse(table, 1);
    const before = clock.now();
    expect(await clock.run(newInstance().get())).toBe('T1');
    expect(wecom.calls).toHaveLength(1);
    expect(clock.now() - before).toBeLessThan(1_000);
  });

  it('whose response to the count was lost is counted once', async () => {
    const { clock, wecom, newInstance, table, fleet } = await fleetWith(59);
    loseResponse(table, 2);
    wecom.respond = () => ({ errcode: 40001 });
    await clock.run(failure(newInstance().get()));
    expect(wecom.calls).toHaveLength(2);
    expect(stored(fleet).breaker).toMatchObject({ failures: 1, failedCalls: [{}] });
    loseResponse(table, 2);
    wecom.respond = () => ({});
    await clock.pass(MINUTE);
    await clock.run(newInstance().get());
    expect(wecom.calls).toHaveLength(3);
    expect(stored(fleet).breaker).toMatchObject({ reason: 'closed', failedCalls: [{}] });
  });

  it('whose response to a write was lost returns a token, which is stored', async () => {
    const { clock, wecom, newInstance, table } = createFleet();
    loseResponse(table, 3);
    expect(await clock.run(newInstance().get())).toBe('T1');
    expect(await clock.run(newInstance().get())).toBe('T1');
    expect(wecom.calls).toHaveLength(1);
  });

  it('that wakes up too late to call gettoken reads the record again, and is not counted', async () => {
    const { clock, wecom, newInstance } = createFleet();
    const slow = newInstance();
    const { token } = slow.begin({ milliseconds: 120 * SECOND });
    // Its claim and its count are written, and gettoken is not called yet.
    await clock.pass(22);
    slow.freeze(clock.now() + 40 * SECOND);
    await clock.pass(40 * SECOND + 100);
    expect(await clock.run(newInstance().get())).toBe('T1');
    expect(await clock.run(token)).toBe('T1');
    expect(wecom.calls).toHaveLength(1);
    expect(slow.lines).toEqual([]);
  });

  it('that wakes up too late, and that nobody replaced, takes its call back from the count', async () => {
    const fleet = createFleet();
    const slow = fleet.newInstance();
    const { token } = slow.begin({ milliseconds: 120 * SECOND });
    await fleet.clock.pass(22);
    slow.freeze(fleet.clock.now() + 5 * SECOND);
    expect(await fleet.clock.run(token)).toBe('T1');
    expect(fleet.wecom.calls).toHaveLength(1);
    expect(stored(fleet).breaker).toMatchObject({ failures: 0, failedCalls: [] });
  });

  it('that wakes up after half of its lease does not call gettoken, so no two calls overlap', async () => {
    const { clock, wecom, newInstance } = createFleet();
    wecom.respond = () => ({ milliseconds: 2_900 });
    const behind = newInstance({ skew: -2 * SECOND });
    behind.begin().token.catch(() => undefined);
    await clock.pass(22);
    behind.freeze(clock.now() + 5 * SECOND);
    await clock.pass(5 * SECOND);
    await clock.run(newInstance({ skew: 2 * SECOND }).get());
    expect(wecom.peak).toBe(1);
  });

  it.each([8, 12, 16])(
    'whose response to the claim was lost, and that wakes up late, claims again (%d ms)',
    async (milliseconds) => {
      const { clock, table, newInstance } = createFleet();
      loseResponse(table, 1);
      const holder = newInstance();
      const { token } = holder.begin({ milliseconds: 60 * SECOND });
      await clock.pass(milliseconds);
      holder.freeze(clock.now() + 10 * SECOND);
      expect(await clock.run(token)).toBe('T1');
    },
  );
});

describe('an instance whose clock is far ahead', () => {
  it('and that dies with the lease does not delay others', async () => {
    const { clock, newInstance } = createFleet();
    await dieAsHolder(clock, newInstance({ skew: 60 * MINUTE }));
    const before = clock.now();
    expect(await clock.run(newInstance().get())).toMatch(/^T/);
    expect(clock.now() - before).toBeLessThan(SECOND);
  });

  it('gets a token that others do not use: its stored end would be too late', async () => {
    const { clock, wecom, newInstance } = createFleet();
    expect(await clock.run(newInstance({ skew: 60 * MINUTE }).get())).toBe('T1');
    const one = newInstance();
    expect(await clock.run(one.get())).toBe('T2');
    await clock.pass(115 * MINUTE);
    expect(wecom.statusOf(await clock.run(one.get()))).toBe('valid');
    expect(wecom.calls).toHaveLength(3);
  });

  it('and that was refused causes one more call, whose pause is respected', async () => {
    const { clock, wecom, newInstance } = createFleet();
    wecom.secret = 'another';
    await clock.run(failure(newInstance({ skew: 90 * MINUTE }).get()));
    for (let second = 0; second < 4 * 60; second += 1) {
      await clock.run(failure(newInstance().get()));
      await clock.pass(SECOND);
    }
    expect(wecom.calls).toHaveLength(2);
    await clock.pass(MINUTE);
    await clock.run(failure(newInstance().get()));
    expect(wecom.calls).toHaveLength(3);
  });

  it('and that was refused ten times causes one more call, then none for an hour', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    wecom.secret = 'none of them';
    const ahead = newInstance({ skew: 90 * MINUTE });
    for (let n = 0; n < 10; n += 1) {
      ssm.put(`wrong ${n}`);
      await clock.pass(10 * SECOND);
      await clock.run(failure(ahead.get()));
    }
    expect(wecom.calls).toHaveLength(10);
    const one = newInstance();
    for (let minute = 0; minute < 60; minute += 1) {
      ssm.put(`wrong again ${minute}`);
      await clock.run(failure(one.get()));
      await clock.pass(MINUTE);
    }
    expect(wecom.calls).toHaveLength(11);
  });
});

describe('a promise of a frozen invocation', () => {
  it('does not block a later invocation', async () => {
    const { clock, newInstance } = createFleet();
    const instance = newInstance();
    void instance.begin();
    await clock.pass(5);
    instance.freeze();
    await clock.pass(10 * MINUTE);
    instance.freeze(0);
    const before = clock.now();
    expect(await clock.run(instance.get())).toMatch(/^T/);
    expect(clock.now() - before).toBeLessThan(SECOND);
  });
});

describe('a token that WeCom rejected', () => {
  it('is replaced once for all callers that report it', async () => {
    const { clock, wecom, all } = await fleetWith(3_600, 5);
    wecom.revoke();
    const reports = all.flatMap((instance) =>
      [1, 2, 3].map(() => instance.get({ rejected: 'T1' })),
    );
    expect(new Set(await clock.run(Promise.all(reports)))).toEqual(new Set(['T2']));
    expect(wecom.calls).toHaveLength(2);
  });

  it('is not returned to others while it is replaced', async () => {
    const { clock, wecom, one, newInstance } = await fleetWith(3_600);
    wecom.revoke();
    wecom.respond = () => ({ milliseconds: 1_000 });
    const reporting = one.get({ rejected: 'T1' });
    await clock.pass(50);
    expect(await clock.run(newInstance().get())).toBe('T2');
    expect(await clock.run(reporting)).toBe('T2');
  });

  it('costs no request if it is reported when it is no longer the stored one', async () => {
    const { clock, wecom, table, one } = await fleetWith(3_600);
    wecom.revoke();
    expect(await clock.run(one.get({ rejected: 'T1' }))).toBe('T2');
    const before = { ...table.requests };
    for (let n = 0; n < 10; n += 1) expect(await clock.run(one.get({ rejected: 'T1' }))).toBe('T2');
    expect(table.requests).toEqual(before);
    expect(wecom.calls).toHaveLength(2);
  });

  it('costs one read if it is reported late by an instance that still caches it', async () => {
    const { clock, wecom, all, table } = await fleetWith(3_600, 2);
    const [one, other] = all as [(typeof all)[0], (typeof all)[0]];
    wecom.revoke();
    await clock.run(one.get({ rejected: 'T1' }));
    const { get } = table.requests;
    expect(await clock.run(other.get({ rejected: 'T1' }))).toBe('T2');
    expect(table.requests.get - get).toBe(1);
    expect(wecom.calls).toHaveLength(2);
  });

  it('costs one gettoken and no sign-in each of the first three times within five minutes', async () => {
    const { clock, wecom, all } = await fleetWith(7_199, 5);
    for (let revocation = 1; revocation <= 3; revocation += 1) {
      wecom.revoke();
      const ends = await clock.run(
        Promise.all([...all, ...all].map((each) => signIn(wecom, each))),
      );
      expect(new Set(ends)).toEqual(new Set(['valid']));
      expect(wecom.calls).toHaveLength(1 + revocation);
      await clock.pass(SECOND);
    }
  });

  it('is replaced 30 s after the third time if it is the fourth within five minutes', async () => {
    const { clock, wecom, one } = await fleetWith(7_199);
    for (let revocation = 1; revocation <= 3; revocation += 1) {
      wecom.revoke();
      await clock.run(signIn(wecom, one));
    }
    const third = clock.now();
    wecom.revoke();
    while ((await clock.run(signIn(wecom, one))) !== 'valid') await clock.pass(SECOND);
    expect(wecom.calls).toHaveLength(5);
    expect(clock.now() - third).toBeGreaterThan(REJECTION_PAUSE_MS - SECOND);
    expect(clock.now() - third).toBeLessThanOrEqual(REJECTION_PAUSE_MS + SECOND);

    // After five minutes without one, a revocation is replaced at once again.
    await clock.pass(5 * MINUTE);
    wecom.revoke();
    expect(await clock.run(signIn(wecom, one))).toBe('valid');
  });

  it('is replaced three times at once, also by instances whose clocks differ by four seconds', async () => {
    const { clock, wecom, newInstance } = createFleet();
    const all = [newInstance({ skew: -2 * SECOND }), newInstance({ skew: 2 * SECOND })];
    await clock.run(Promise.all(all.map((each) => each.get())));
    for (let revocation = 1; revocation <= 3; revocation += 1) {
      wecom.revoke();
      for (const each of revocation % 2 ? all : [...all].reverse()) {
        expect(await clock.run(signIn(wecom, each))).toBe('valid');
      }
    }
    expect(wecom.calls).toHaveLength(4);
  });

  it('does not count as an early revocation if it has expired', async () => {
    const { clock, wecom, one, fleet } = await fleetWith(59);
    wecom.revoke();
    expect(await clock.run(one.get({ rejected: 'T1' }))).toBe('T2');
    expect(stored(fleet).rejections).toBeUndefined();
    for (let revocation = 1; revocation <= 3; revocation += 1) {
      wecom.revoke();
      expect(await clock.run(signIn(wecom, one))).toBe('valid');
    }
  });

  it('does not delay a later replacement if it has expired by the clock of the reporter', async () => {
    const { clock, wecom, newInstance } = createFleet();
    const one = newInstance();
    const ahead = newInstance({ skew: 2 * SECOND });
    // Used for 26 s by an exact clock.
    wecom.lifetime = 30;
    await clock.run(one.get());
    for (let revocation = 1; revocation <= 3; revocation += 1) {
      wecom.revoke();
      expect(await clock.run(signIn(wecom, one))).toBe('valid');
    }
    const third = clock.now();
    await clock.run(ahead.get());
    await clock.pass(25 * SECOND);
    wecom.revoke();
    expect(await clock.run(ahead.get({ rejected: 'T4' }))).toBe('T5');

    await clock.pass(third + REJECTION_PAUSE_MS - clock.now());
    wecom.revoke();
    expect(await clock.run(signIn(wecom, one))).toBe('valid');
  });

  it('and that gettoken returns again is returned to the caller, without a loop', async () => {
    const { clock, wecom, one } = await fleetWith(3_600);
    wecom.repeats = true;
    expect(await clock.run(one.get({ rejected: 'T1' }))).toBe('T1');
    expect(wecom.calls).toHaveLength(2);
    for (let n = 0; n < 20; n += 1) expect(await clock.run(one.get({ rejected: 'T1' }))).toBe('T1');
    expect(wecom.calls).toHaveLength(2);

    await clock.pass(REJECTION_PAUSE_MS);
    wecom.revoke();
    expect(await clock.run(one.get({ rejected: 'T1' }))).toBe('T2');
  });

  it.each([
    [58, 1],
    [30, 1],
    [6, 1],
    [3.5, 2],
    [2, 2],
  ])(
    'and that gettoken returns again %d s before its end costs %d gettoken for all reports',
    async (left, calls) => {
      const { clock, wecom, all } = await fleetWith(left, 5);
      wecom.repeats = true;
      const before = wecom.calls.length;
      const reports = all.map((each) => each.get({ rejected: 'T1' }));
      const tokens = await clock.run(Promise.all(reports));
      // The second call returns the next token, after the end of the first.
      expect(new Set(tokens)).toEqual(new Set([`T${calls}`]));
      expect(wecom.calls.length - before).toBe(calls);
    },
  );

  it('and that gettoken returns again after a holder died is not requested again near its end', async () => {
    const { clock, wecom, fleet, one, newInstance } = await fleetWith(100);
    wecom.repeats = true;
    await dieAsHolder(clock, newInstance(), 'T1');
    expect(await clock.run(one.get({ rejected: 'T1' }))).toBe('T1');
    const before = wecom.calls.length;
    await clock.pass((stored(fleet).token?.expiresAt as number) - clock.now() - 10 * SECOND);
    expect(await clock.run(one.get())).toBe('T1');
    expect(wecom.calls).toHaveLength(before);
  });

  it('like each one after it, costs two gettoken a minute until WeCom accepts tokens again', async () => {
    const { clock, wecom, all } = await fleetWith(3_600, 5);
    wecom.revoke();
    const before = wecom.calls.length;
    for (let second = 0; second < 10 * 60; second += 1) {
      await clock.run(Promise.all(all.map((each) => signIn(wecom, each))));
      wecom.revoke();
      await clock.pass(SECOND);
    }
    // The first three, and from then on two a minute.
    expect(wecom.calls.length - before).toBeLessThanOrEqual(2 + 2 * 10);
    await clock.pass(REJECTION_PAUSE_MS);
    const ends = await clock.run(Promise.all(all.map((each) => signIn(wecom, each))));
    expect(new Set(ends)).toEqual(new Set(['valid']));
  });

  it('and that gettoken returns again keeps its end', async () => {
    const { clock, wecom, one, fleet } = await fleetWith(3_600);
    const end = stored(fleet).token?.expiresAt as number;
    wecom.respond = () => ({ answer: { access_token: 'T1', expires_in: 7_200 } });
    await clock.run(one.get({ rejected: 'T1' }));
    expect(stored(fleet).token?.expiresAt).toBe(end);
  });
});

describe('a WeCom that returns the same token until it ends', () => {
  it('is called once in the soft margin and once at the end, and no request fails', async () => {
    const { clock, wecom, one, newInstance } = await fleetWith(400);
    wecom.repeats = true;
    const tokens: string[] = [];
    for (let second = 0; second < 420; second += 1) {
      const asking = [one.get(), newInstance().get()];
      for (const token of await clock.run(Promise.all(asking))) {
        expect(wecom.statusOf(token)).toBe('valid');
        tokens.push(token);
      }
      await clock.pass(SECOND);
    }
    expect(tokens.at(0)).toBe('T1');
    expect(tokens.at(-1)).toBe('T2');
    expect(wecom.calls).toHaveLength(1 + 2);
  });

  it('is called twice if only the last seconds of its token are left', async () => {
    const { clock, wecom, newInstance, table } = await fleetWith(8);
    wecom.repeats = true;
    table.item = undefined;
    wecom.respond = () => ({});
    const error = await clock.run(failure(newInstance().get()));
    expect(error).toMatchObject({ reason: 'unreachable', retryAfterSeconds: 2 });
    await clock.pass(8 * SECOND);
    expect(await clock.run(newInstance().get())).toBe('T2');
  });
});

describe('a gettoken without a token', () => {
  it.each([
    ['busy', { errcode: -1 }, 2],
    ['slower than the call may last', { milliseconds: 4_000 }, 3],
    ['an answer without a token', { answer: { expires_in: 7_200 } }, 2],
  ])(
    '(%s) makes all instances pause for seconds, and is then called again',
    async (_what, response, retryAfterSeconds) => {
      const { clock, wecom, newInstance } = createFleet();
      wecom.respond = () => response;
      const instance = newInstance();
      expect(await clock.run(failure(instance.get()))).toMatchObject({
        reason: 'unreachable',
        errcode: -1,
        retryAfterSeconds,
      });
      expect((await clock.run(failure(newInstance().get()))).reason).toBe('unreachable');
      expect(wecom.calls).toHaveLength(1);
      wecom.respond = () => ({});
      await clock.pass(retryAfterSeconds * SECOND);
      expect(await clock.run(newInstance().get())).toMatch(/^T/);
      const messages = instance.lines.map(({ level, message }) => `${level} ${message}`);
      expect(messages).toEqual(['WARN gettoken failed; next try at openUntil']);
    },
  );

  it.each([
    ['expires_in over 7200 s', { access_token: 'T', expires_in: 9_999 }, 'taken as 7200 s'],
    ['expires_in of a minute', { access_token: 'T', expires_in: 60 }, 'the margins shrink'],
    ['no expires_in', { access_token: 'T' }, 'expires_in is absent'],
    ['an empty access_token', { access_token: '', expires_in: 7_200 }, 'access_token is absent'],
  ])('or with an unusual one (%s) is logged with the reason', async (_what, answer, reason) => {
    const { clock, wecom, newInstance } = createFleet();
    wecom.respond = () => ({ answer });
    const one = newInstance();
    await clock.run(one.get()).catch(() => undefined);
    expect(one.lines).toMatchObject([{ level: 'WARN', reason: expect.stringContaining(reason) }]);
  });

  it.each([45_009, 45_033])('(%d) makes all instances pause for a minute', async (errcode) => {
    const { clock, wecom, newInstance } = createFleet();
    wecom.respond = () => ({ errcode });
    expect(await clock.run(failure(newInstance().get()))).toMatchObject({
      reason: 'limited',
      errcode,
      retryAfterSeconds: 60,
    });
    wecom.respond = () => ({});
    await clock.pass(59 * SECOND);
    expect((await clock.run(failure(newInstance().get()))).errcode).toBe(errcode);
    expect(wecom.calls).toHaveLength(1);
    await clock.pass(SECOND);
    expect(await clock.run(newInstance().get())).toBe('T1');
  });
});

describe('a secret that WeCom refuses', () => {
  it('is tried at most five times an hour by any number of instances', async () => {
    const { clock, wecom, newInstance } = createFleet();
    wecom.secret = 'another';
    const instances = Array.from({ length: 10 }, () => newInstance());
    for (let minute = 0; minute < 180; minute += 1) {
      const errors = await clock.run(Promise.all(instances.map((each) => failure(each.get()))));
      for (const error of errors)
        expect(error).toMatchObject({ reason: 'refused', errcode: 40001 });
      await clock.pass(MINUTE);
    }
    const [first = 0] = wecom.calls.map(({ at }) => at);
    const minutes = wecom.calls.map(({ at }) => Math.round((at - first) / MINUTE));
    expect(minutes).toEqual([0, 1, 6, 21, 51, 111, 171]);
    expect(wecom.peak).toBe(1);
  });

  it('is read again at once, and a newer one is used in the same request', async () => {
    const { clock, wecom, ssm, one } = await fleetWith(59);
    wecom.revoke();
    await clock.run(one.get({ rejected: 'T1' }));
    // The instance caches the secret for five minutes.
    ssm.put('new');
    wecom.secret = 'new';
    wecom.revoke();
    expect(await clock.run(one.get({ rejected: 'T2' }))).toBe('T3');
    expect(wecom.calls.map(({ errcode }) => errcode)).toEqual([0, 0, 40001, 0]);
  });

  it('and that was replaced is not tried again after the pause', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    wecom.secret = 'new';
    const instance = newInstance();
    await clock.run(instance.get().catch(() => ''));
    await clock.pass(61 * SECOND);
    ssm.put('new');
    expect(await clock.run(instance.get())).toBe('T1');
    expect(wecom.calls.map(({ errcode }) => errcode)).toEqual([40001, 0]);
  });

  it('closes the breaker within ten seconds if it is written again', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    wecom.secret = 'new';
    const instance = newInstance();
    for (let n = 0; n < 5; n += 1) await clock.run(failure(instance.get()));
    expect(wecom.calls).toHaveLength(1);
    ssm.put('new');
    await clock.run(failure(instance.get()));
    await clock.pass(10 * SECOND);
    expect(await clock.run(instance.get())).toBe('T1');
    expect(wecom.calls).toHaveLength(2);
    expect(await clock.run(newInstance().get())).toBe('T1');
  });

  it('closes the breaker also if the same one is written: the app may have been stopped', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    wecom.respond = () => ({ errcode: 40001 });
    await clock.run(failure(newInstance().get()));
    wecom.respond = () => ({});
    ssm.put('right');
    expect(await clock.run(newInstance().get())).toBe('T1');
  });

  it('is read from SSM at most once in ten seconds by each instance while the breaker is open', async () => {
    const { clock, wecom, newInstance } = createFleet();
    wecom.secret = 'another';
    const [one, other] = [newInstance(), newInstance()];
    await clock.run(failure(one.get()));
    const reads = one.ssmReads();
    for (let second = 0; second < 50; second += 1) {
      const asking = [one, one, one, other].map((each) => failure(each.get()));
      await clock.run(Promise.all([...asking, failure(one.get({ rejected: 'an older one' }))]));
      await clock.pass(SECOND);
    }
    expect(one.ssmReads() - reads).toBeLessThanOrEqual(5);
    expect(other.ssmReads()).toBeLessThanOrEqual(6);
  });

  it('is read from SSM at most once in ten seconds also while SSM is down', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    wecom.secret = 'another';
    await clock.run(failure(newInstance().get()));
    ssm.down = true;
    const fresh = newInstance();
    for (let second = 0; second < 30; second += 1) {
      expect((await clock.run(failure(fresh.get()))).reason).toBe('refused');
      await clock.pass(SECOND);
    }
    expect(fresh.ssmReads()).toBeLessThanOrEqual(4);
  });

  it('causes at most ten failing calls an hour with any number of writings, and errors and log say until when', async () => {
    const { clock, wecom, ssm, newInstance, runDoctor } = createFleet();
    wecom.secret = 'none of them';
    const [one, other] = [newInstance(), newInstance()];
    for (let n = 0; n < 20; n += 1) {
      ssm.put(`wrong ${n}`);
      await clock.pass(10 * SECOND);
      await clock.run(Promise.all([failure(one.get()), failure(other.get())]));
      if (n % 3 === 0) await clock.run(failure(runDoctor()));
    }
    expect(wecom.calls).toHaveLength(10);
    const first = wecom.calls[0]?.at ?? 0;
    const until = first + 60 * MINUTE + LEASE_MS;
    const errors = [
      await clock.run(failure(one.get())),
      await clock.run(failure(newInstance().get())),
      await clock.run(failure(runDoctor())),
    ];
    for (const { details } of errors) {
      expect(Math.abs(Date.parse(String(details['openUntil'])) - until)).toBeLessThan(SECOND);
      expect(details['advice']).toContain(`none is made before ${details['openUntil']}`);
      expect(details['adviceZh']).toContain(`${details['openUntil']} 之前不再调用`);
    }
    expect(one.lines.at(-1)).toMatchObject({ openUntil: errors[0]?.details['openUntil'] });

    // Then the right one is tried without any other cause.
    ssm.put('right');
    wecom.secret = 'right';
    await clock.pass(until - clock.now() + SECOND);
    expect(await clock.run(one.get())).toBe('T1');
    expect(wecom.calls).toHaveLength(11);
  });

  it('is logged with the parameter when the breaker opens and when it closes, with advice', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    wecom.secret = 'new';
    const instance = newInstance();
    const error = await clock.run(failure(instance.get()));
    await clock.pass(2 * MINUTE);
    await clock.run(failure(instance.get()));
    await clock.run(failure(instance.get()));
    ssm.put('new');
    await clock.pass(10 * SECOND);
    await clock.run(instance.get());

    const opened = instance.lines.filter((line) => 'TokenBreakerOpened' in line);
    const closed = instance.lines.filter((line) => 'TokenBreakerClosed' in line);
    expect(opened).toMatchObject([
      { parameter: PARAMETER, errcode: 40001, breaker: 'refused', failures: 1, api: 'gettoken' },
    ]);
    expect(opened[0]).toHaveProperty('_aws.CloudWatchMetrics');
    expect(closed).toMatchObject([{ parameter: PARAMETER, since: opened[0]?.['since'] }]);
    expect(closed[0]).toHaveProperty('_aws.CloudWatchMetrics');
    const between = instance.lines.filter(({ message }) => /next try/.test(String(message)));
    expect(between).toMatchObject([{ parameter: PARAMETER, failures: 2 }]);
    expect(instance.lines).toHaveLength(3);

    expect(error.details).toMatchObject({ parameter: PARAMETER, errcode: 40001 });
    expect(error.details['advice']).toMatch(/Secret.*within ten seconds/s);
    expect(error.details['adviceZh']).toMatch(/Secret.*十秒内/s);
    expect(JSON.stringify([instance.lines, error.details])).not.toMatch(/right|"new"|"T1"/);
  });

  it('is logged again every 15 minutes while calls meet it, and no more often', async () => {
    const { clock, wecom, newInstance } = createFleet();
    wecom.secret = 'new';
    const instance = newInstance();
    for (let minute = 0; minute < 60; minute += 1) {
      await clock.run(failure(instance.get()));
      await clock.pass(MINUTE);
    }
    const opened = instance.lines.filter((line) => 'TokenBreakerOpened' in line);
    expect(opened).toHaveLength(4);
    expect(new Set(opened.map(({ since }) => since)).size).toBe(1);
  });

  it('is logged as accepted also if the response to that write was lost', async () => {
    const { clock, wecom, table, ssm, newInstance } = createFleet();
    wecom.secret = 'new';
    const instance = newInstance();
    await clock.run(instance.get().catch(() => ''));
    ssm.put('new');
    await clock.pass(10 * SECOND);
    loseResponse(table, 3);
    expect(await clock.run(instance.get())).toBe('T1');
    expect(instance.lines.filter((line) => line['TokenBreakerClosed'] === 1)).toHaveLength(1);
  });

  it('that an instance caches is not tried again if another instance has tried a newer one', async () => {
    const { clock, wecom, ssm, newInstance, one } = await fleetWith(59);
    wecom.secret = 'none of them';
    ssm.put('second');
    await clock.run(failure(newInstance().get()));
    const calls = wecom.calls.length;
    ssm.down = true;
    await clock.pass(2 * MINUTE);
    const error = await clock.run(one.get().catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code: 'ERR_PARAMETER_UNAVAILABLE' });
    expect(wecom.calls).toHaveLength(calls);
  });
});

describe('a secret that an instance caches', () => {
  it('is read again if another instance has tried a newer one', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    const one = newInstance();
    await clock.run(one.get());
    ssm.put('second');
    wecom.secret = 'second';
    wecom.revoke();
    wecom.respond = () => ({ errcode: -1 });
    await clock.run(failure(newInstance().get({ rejected: 'T1' })));
    wecom.respond = () => ({});
    await clock.pass(30 * SECOND);
    expect(await clock.run(one.get({ rejected: 'T1' }))).toBe('T2');
    expect(wecom.calls.at(-1)?.secret).toBe('second');
    expect(wecom.calls.map(({ errcode }) => errcode)).toEqual([0, -1, 0]);
  });

  it('is not used if SSM is down and another one is known to work', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    const [stale, current] = [newInstance(), newInstance()];
    wecom.lifetime = 30;
    await clock.run(stale.get());
    wecom.secret = 'second';
    await clock.pass(40 * SECOND);
    await clock.run(failure(stale.get()));
    ssm.put('second');
    expect(await clock.run(current.get())).toBe('T2');
    ssm.down = true;
    for (let n = 0; n < 60; n += 1) {
      await clock.pass(50 * SECOND);
      const outcome = await clock.run(stale.get().catch((error: unknown) => error));
      expect(outcome).toMatchObject({ code: 'ERR_PARAMETER_UNAVAILABLE' });
      expect(await clock.run(current.get())).toMatch(/^T/);
    }
    expect(wecom.calls.filter(({ secret }) => secret === 'right')).toHaveLength(2);
  });
});

describe('an SSM that returns an older secret after a newer one', () => {
  it.each([
    ['five calls', [0, 1, 5, 15, 30], 60],
    ['one call', [0], 1],
  ])('causes no call with the older one in its pause after %s', async (_what, minutes, pause) => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    wecom.secret = 'new';
    for (const minute of minutes) {
      await clock.pass(minute * MINUTE);
      await clock.run(failure(newInstance().get()));
    }
    const refused = ssm.latest;
    ssm.put('new');
    const instance = newInstance();
    const { token } = instance.begin({ milliseconds: 60 * SECOND });
    const error = failure(token);
    // It has asked SSM, and sees the newer secret when it wakes up, later than the check is used.
    await clock.pass(10);
    expect(instance.ssmReads()).toBe(1);
    instance.freeze(clock.now() + 11 * SECOND);
    await clock.pass(10 * SECOND);
    ssm.latest = refused;
    expect(await clock.run(error)).toMatchObject({ reason: 'refused', errcode: 40001 });
    expect(wecom.calls).toHaveLength(minutes.length);
    expect(instance.ssmReads()).toBe(2);

    // The refusal is still in force, and the lease is free for the newer secret.
    expect((await clock.run(failure(newInstance().get()))).retryAfterSeconds).toBeGreaterThan(
      (pause - 1) * 60,
    );
    ssm.put('new');
    expect(await clock.run(newInstance().get())).toBe('T1');
  });
});

describe('a new secret after a refusal, if WeCom does not answer', () => {
  it('is tried again within 30 seconds, and is not logged as refused', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    wecom.secret = 'second';
    const one = newInstance();
    await clock.run(failure(one.get()));
    ssm.put('second');
    await clock.pass(10 * SECOND);
    wecom.respond = () => ({ milliseconds: 5_000 });
    await clock.run(failure(one.get()));
    expect(one.lines.at(-1)).toMatchObject({
      message: 'gettoken failed; next try at openUntil',
      error: 'ERR_WECOM_TRANSPORT',
    });
    wecom.respond = () => ({});
    await clock.pass(30 * SECOND);
    // T1 was in the response that came too late.
    expect(await clock.run(one.get())).toBe('T2');
    expect(one.lines.filter((line) => 'TokenBreakerClosed' in line)).toHaveLength(1);
  });
});

describe('a secret that is replaced during requests', () => {
  it('fails no request', async () => {
    const { clock, wecom, ssm, all } = await fleetWith(600, 4);
    for (let second = 0; second < 600; second += 1) {
      for (const each of all) expect(await clock.run(signIn(wecom, each))).toBe('valid');
      await clock.pass(SECOND);
      if (second === 100) {
        ssm.put('second');
        wecom.secret = 'second';
        wecom.revoke();
      }
    }
    expect(wecom.calls.filter(({ errcode }) => errcode !== 0).length).toBeLessThanOrEqual(1);
  });
});

describe('without SSM', () => {
  it('the cached secret is used', async () => {
    const { clock, wecom, ssm, one } = await fleetWith(59);
    ssm.down = true;
    expect(await clock.run(one.get())).toBe('T2');
    expect(wecom.calls).toHaveLength(2);
    const warned = one.lines.map(({ message }) => message);
    expect(warned).toContain('SSM did not answer: using the last value');
  });

  it('and without a cached secret, callers do not fail one after another', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    ssm.down = true;
    const began = clock.now();
    const outcomes = await clock.run(
      Promise.allSettled(Array.from({ length: 20 }, () => newInstance().get())),
    );
    expect(outcomes.map((each) => each.status === 'rejected' && each.reason.code)).toEqual(
      Array(20).fill('ERR_PARAMETER_UNAVAILABLE'),
    );
    expect(clock.now() - began).toBeLessThan(6_000);
    expect(wecom.calls).toHaveLength(0);
    ssm.down = false;
    expect(await clock.run(newInstance().get())).toBe('T1');
  });

  it('SSM is the reason, not WeCom, if the cached secret is known to be out of date', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    wecom.lifetime = 30;
    const stale = newInstance();
    await clock.run(stale.get());
    ssm.put('second');
    wecom.secret = 'second';
    await clock.pass(40 * SECOND);
    await clock.run(newInstance().get());
    await clock.pass(40 * SECOND);
    ssm.down = true;
    await expect(clock.run(stale.get())).rejects.toMatchObject({
      code: 'ERR_PARAMETER_UNAVAILABLE',
    });
    const error = await clock.run(failure(stale.get()));
    expect(error).toMatchObject({
      reason: 'no-secret',
      details: { advice: expect.stringContaining('SSM') },
    });
  });

  it('a breaker that WeCom opened is the reason, not SSM', async () => {
    const { clock, wecom, ssm, newInstance } = createFleet();
    wecom.secret = 'another';
    await clock.run(failure(newInstance().get()));
    ssm.down = true;
    expect((await clock.run(failure(newInstance().get()))).reason).toBe('refused');
  });
});

describe('without DynamoDB', () => {
  it('each instance has its own token, by one gettoken each', async () => {
    const { clock, wecom, table, newInstance } = createFleet();
    table.outcome = () => 'fails';
    const instances = [newInstance(), newInstance()];
    const callers = instances.flatMap((each) => Array.from({ length: 20 }, () => each.get()));
    expect(new Set(await clock.run(Promise.all(callers)))).toEqual(new Set(['T1', 'T2']));
    await clock.run(Promise.all(instances.map((each) => each.get())));
    expect(wecom.calls).toHaveLength(2);
  });

  it('an instance respects a breaker that it has read, and its own', async () => {
    const { clock, wecom, table, newInstance } = createFleet();
    wecom.secret = 'another';
    const seen = newInstance();
    const unseen = newInstance();
    await clock.run(failure(seen.get()));
    table.outcome = () => 'fails';
    await clock.run(failure(seen.get()));
    expect(wecom.calls).toHaveLength(1);
    for (let second = 0; second < 59; second += 1) {
      await clock.run(failure(unseen.get()));
      await clock.pass(SECOND);
    }
    expect(wecom.calls).toHaveLength(2);
  });

  it('each instance counts its own calls: five fail in an hour with one secret', async () => {
    const { clock, wecom, table, newInstance } = createFleet();
    wecom.secret = 'another';
    const instances = [newInstance(), newInstance()];
    table.outcome = () => 'fails';
    for (let minute = 0; minute < 60; minute += 1) {
      for (const each of instances) await clock.run(failure(each.get()));
      await clock.pass(MINUTE);
    }
    expect(wecom.calls).toHaveLength(2 * 5);
  });

  it('and with it again, the shared breaker is used, without what the instance counted alone', async () => {
    const { clock, wecom, table, newInstance } = createFleet();
    wecom.secret = 'another';
    const one = newInstance();
    table.outcome = () => 'fails';
    for (const minutes of [0, 1, 5]) {
      await clock.pass(minutes * MINUTE);
      await clock.run(failure(one.get()));
    }
    expect(wecom.calls).toHaveLength(3);
    table.outcome = () => undefined;
    await clock.pass(11 * SECOND);
    wecom.secret = 'right';
    expect(await clock.run(one.get())).toBe('T1');
    expect(one.lines.filter((line) => 'TokenBreakerClosed' in line)).toHaveLength(1);
  });

  it('now and then, a wrong secret is not tried more often than with it', async () => {
    const { clock, wecom, table, newInstance } = createFleet();
    wecom.secret = 'another';
    const one = newInstance();
    let second = 0;
    // Reads work and writes fail, and now and then both fail.
    table.outcome = (operation) => (operation === 'put' || second % 7 === 0 ? 'fails' : undefined);
    for (; second < 3_600; second += 1) {
      await clock.run(failure(one.get()));
      await clock.pass(SECOND);
    }
    expect(wecom.calls.length).toBeLessThanOrEqual(5);
  });

  it('and with it again, the shared record is used, and the cached token until its margin', async () => {
    const { clock, wecom, table, one, newInstance } = await fleetWith(59);
    table.outcome = () => 'fails';
    expect(await clock.run(one.get())).toBe('T2');
    table.outcome = () => undefined;
    await clock.pass(30 * SECOND);
    expect(await clock.run(one.get())).toBe('T2');
    expect(await clock.run(newInstance().get())).toBe('T3');
    expect(wecom.calls).toHaveLength(3);
    expect(one.lines.map(({ message }) => message)).toEqual(['local']);
  });
});

describe('with a DynamoDB that takes two attempts for every answer', () => {
  it('an instance uses its own memory', async () => {
    const { clock, table, newInstance } = createFleet();
    table.latency = () => 1_000;
    table.timeoutMs = 2_050;
    const instance = newInstance();
    expect(await clock.run(instance.get({ milliseconds: 14 * SECOND }))).toBe('T1');
  });
});
