import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { CONFIG_TICKET } from '../../../lib/jssdk/ticketKinds.ts';
import { TokenUnavailable } from '../../../lib/token/errors.ts';
import type { Breaker, StoredToken } from '../../../lib/token/tokenStore.ts';
import { createFleet, type Fleet, type Instance } from './fleet.ts';

/* What differs from the access_token; accessToken.test.ts has the rest. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const instancesOf = ({ newInstance }: Fleet, count: number) =>
  Array.from({ length: count }, () => newInstance({ random: Math.random }));

/** Ten requests of each instance at the same time: their tickets, or why there is none. */
function everybodyAsks({ clock }: Fleet, instances: readonly Instance[]) {
  const askers = instances.flatMap((each) => Array.from({ length: 10 }, () => each.get()));
  return clock.run(
    Promise.all(askers.map((each) => each.catch((error: { code: string }) => error.code))),
  );
}

/** As an operator does, see docs/operations.md. */
function removeTicket({ table }: Fleet): void {
  const { token, version, ...rest } = table.item ?? {};
  expect(token).toBeDefined();
  table.item = { ...rest, version: Number(version) + 1 };
}

const breakerOf = ({ table }: Fleet) => table.item?.['breaker'] as Breaker | undefined;

describe('a ticket', () => {
  it.each([
    ['issues another one', false],
    ['repeats it until its end', true],
  ])(
    'is one call for 200 askers on 20 fresh instances at its expiry, if WeCom %s',
    async (_, repeats) => {
      const fleet = createFleet(CONFIG_TICKET);
      const { clock, wecom } = fleet;
      wecom.repeats = repeats;
      await everybodyAsks(fleet, instancesOf(fleet, 1));
      const expiresAt =
        (fleet.table.item?.['token'] as StoredToken | undefined)?.expiresAt ?? Number.NaN;
      await clock.pass(expiresAt - clock.now());
      const tickets = await everybodyAsks(fleet, instancesOf(fleet, 20));
      expect(tickets).toEqual(Array(200).fill('T2'));
      expect(wecom.calls).toHaveLength(2);
    },
  );

  it('is fetched by nobody while DynamoDB is down, whatever the number of cold instances', async () => {
    const fleet = createFleet(CONFIG_TICKET);
    fleet.table.outcome = () => 'fails';
    const codes = await everybodyAsks(fleet, instancesOf(fleet, 50));
    expect(codes).toEqual(Array(500).fill('ERR_STORE_UNAVAILABLE'));
    expect(fleet.wecom.calls).toEqual([]);
  });

  it('in memory is used until its end while DynamoDB is down', async () => {
    const fleet = createFleet(CONFIG_TICKET);
    const [warm] = instancesOf(fleet, 1) as [Instance];
    await fleet.clock.run(warm.get());
    fleet.table.outcome = () => 'fails';
    await fleet.clock.pass(HOUR);
    expect(await fleet.clock.run(warm.get())).toBe('T1');
    await fleet.clock.pass(HOUR);
    await expect(fleet.clock.run(warm.get())).rejects.toThrow(StoreUnavailable);
    expect(fleet.wecom.calls).toHaveLength(1);
  });

  it('is not called for without an access_token, and that counts as no call', async () => {
    const fleet = createFleet(CONFIG_TICKET);
    fleet.hasAccessToken = false;
    const codes = await everybodyAsks(fleet, instancesOf(fleet, 20));
    expect(new Set(codes)).toEqual(new Set(['ERR_TOKEN_UNAVAILABLE']));
    expect(fleet.wecom.calls).toEqual([]);
    expect(breakerOf(fleet)).toMatchObject({ reason: 'no-secret', failedCalls: [] });
    expect(breakerOf(fleet)?.calls).toBeUndefined();

    fleet.hasAccessToken = true;
    await fleet.clock.pass(10 * SECOND);
    expect(await fleet.clock.run(fleet.newInstance().get())).toBe('T1');
  });

  it('that is refused rings no alarm of sign-in', async () => {
    const fleet = createFleet(CONFIG_TICKET);
    fleet.wecom.respond = () => ({ errcode: 60020 });
    const [instance] = instancesOf(fleet, 1) as [Instance];
    const error = await fleet.clock.run(instance.get()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TokenUnavailable);
    expect(error).toMatchObject({
      reason: 'refused',
      errcode: 60020,
      details: { api: 'get_jsapi_ticket', adviceZh: expect.stringContaining('get_jsapi_ticket') },
    });
    expect(instance.lines).toEqual([
      expect.objectContaining({
        level: 'WARN',
        message: 'get_jsapi_ticket fails: the breaker is open until openUntil',
        errcode: 60020,
      }),
    ]);
    expect(instance.lines[0]).not.toHaveProperty('TokenBreakerOpened');

    fleet.wecom.respond = () => ({});
    await fleet.clock.pass(MINUTE);
    expect(await fleet.clock.run(instance.get())).toBe('T1');
    expect(instance.lines.slice(1)).toEqual([
      expect.objectContaining({
        level: 'INFO',
        message: 'get_jsapi_ticket works again: the breaker is closed',
      }),
    ]);
  });
});

describe('a ticket that the operator removes because it is revoked', () => {
  it('is replaced by one call, and no instance uses it after a minute', async () => {
    const fleet = createFleet(CONFIG_TICKET);
    const all = instancesOf(fleet, 20);
    await everybodyAsks(fleet, all);
    await fleet.clock.pass(MINUTE);
    removeTicket(fleet);
    expect(await everybodyAsks(fleet, all)).toEqual(Array(200).fill('T2'));
    expect(fleet.wecom.calls).toHaveLength(2);
  });

  it('is used in the first minute after it was read: that costs no request', async () => {
    const fleet = createFleet(CONFIG_TICKET);
    const [warm] = instancesOf(fleet, 1) as [Instance];
    await fleet.clock.run(warm.get());
    removeTicket(fleet);
    fleet.table.requests.get = 0;
    await fleet.clock.pass(MINUTE - SECOND);
    expect(await fleet.clock.run(warm.get())).toBe('T1');
    expect(fleet.table.requests.get).toBe(0);
  });

  it('is replaced five times at once, then once in ten minutes, so eleven times an hour', async () => {
    const fleet = createFleet(CONFIG_TICKET);
    const calls: number[] = [];
    for (let minute = 0; minute < 60; minute += 0.5) {
      const before = fleet.wecom.calls.length;
      await everybodyAsks(fleet, instancesOf(fleet, 2));
      if (fleet.wecom.calls.length > before) calls.push(Math.floor(minute));
      if (fleet.table.item?.['token']) removeTicket(fleet);
      await fleet.clock.pass(MINUTE / 2);
    }
    expect(calls).toEqual([0, 0, 1, 1, 2, 12, 22, 32, 42, 52]);
    expect(fleet.wecom.calls).toHaveLength(10);
  });

  it('and that may not be replaced yet is not used again: the error says until when', async () => {
    const fleet = createFleet(CONFIG_TICKET);
    const [warm] = instancesOf(fleet, 1) as [Instance];
    for (let n = 0; n < 5; n += 1) {
      await fleet.clock.run(warm.get());
      removeTicket(fleet);
      await fleet.clock.pass(MINUTE);
    }
    const error = await fleet.clock.run(warm.get()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'ERR_TOKEN_UNAVAILABLE',
      reason: 'closed',
      details: { advice: expect.stringContaining('once in ten minutes') },
    });
    expect((error as TokenUnavailable).retryAfterSeconds).toBe(540);
    expect(fleet.wecom.calls).toHaveLength(5);
  });
});

describe('calls for a ticket that fail', () => {
  it.each([
    ['WeCom is busy', -1],
    ['WeCom refuses', 60020],
    ['WeCom limits them', 45009],
  ])('are at most eleven in an hour: %s', async (_, errcode) => {
    const fleet = createFleet(CONFIG_TICKET);
    fleet.wecom.respond = () => ({ errcode });
    for (let second = 0; second < 2 * 3_600; second += 10) {
      await everybodyAsks(fleet, instancesOf(fleet, 1));
      await fleet.clock.pass(10 * SECOND);
    }
    const { calls } = fleet.wecom;
    for (const { at } of calls) {
      const inHour = calls.filter((each) => each.at >= at && each.at < at + HOUR);
      expect(inHour.length).toBeLessThanOrEqual(11);
    }
    expect(calls.length).toBeGreaterThan(5);
  });

  it('are over within ten minutes after WeCom is well again', async () => {
    const fleet = createFleet(CONFIG_TICKET);
    fleet.wecom.respond = () => ({ errcode: -1 });
    for (let n = 0; n < 60; n += 1) {
      await everybodyAsks(fleet, instancesOf(fleet, 1));
      await fleet.clock.pass(30 * SECOND);
    }
    fleet.wecom.respond = () => ({});
    await fleet.clock.pass(10 * MINUTE);
    expect(await fleet.clock.run(fleet.newInstance().get())).toMatch(/^T/);
  });
});
