import fc from 'fast-check';
import { WecomAuthError } from '../../../lib/errors.ts';
import { CONFIG_TICKET } from '../../../lib/jssdk/ticketKinds.ts';
import type { StoredToken } from '../../../lib/token/tokenStore.ts';
import type { RequestOutcome } from './fakeTable.ts';
import { createFleet, type Instance } from './fleet.ts';

/*
 * The model of a ticket: instances in virtual time run a random scenario. All of the store, lease and
 * breaker is what model.ts checks for the access_token; here are the limit by the hour, which only tickets
 * have, and what replaces WeCom's rejections.
 */

/** What no scenario may do. */
export const NEVER_WITH_TICKETS = {
  twelfth: 'a twelfth call for a ticket in an hour',
  twoCalls: 'two calls for a ticket under one live lease',
  expired: 'an expired ticket was returned',
  uncounted: 'a call for a ticket while DynamoDB was down',
  revoked: 'a ticket that was removed from the record was used two minutes later',
  defect: 'a request ended with an error that is a defect',
  dead: 'there was no ticket after every fault was removed',
} as const;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const WHATS = [
  'everybody asks',
  'everybody asks',
  'everybody asks',
  'a busy hour',
  'every instance is new',
  'the ticket is revoked and removed',
  'a day of revocations',
  'WeCom refuses',
  'WeCom is busy',
  'WeCom is slow',
  'WeCom is well',
  'DynamoDB is down',
  'DynamoDB fails now and then',
  'DynamoDB is well',
  'DynamoDB deletes by TTL',
  'there is no access_token',
  'there is an access_token',
  'the holder dies',
] as const;
type What = (typeof WHATS)[number];

export interface TicketScenario {
  readonly seed: number;
  readonly instances: number;
  /** Seconds that a ticket lives. */
  readonly lifetime: number;
  readonly repeats: boolean;
  readonly events: readonly { readonly after: number; readonly what: What }[];
}

export const ticketScenarios: fc.Arbitrary<TicketScenario> = fc.record({
  seed: fc.nat(),
  instances: fc.constantFrom(2, 10, 50),
  lifetime: fc.constantFrom(12, 120, 900, 7_200),
  repeats: fc.boolean(),
  events: fc.array(
    fc.record({
      after: fc.oneof(
        fc.integer({ min: 0, max: 10 * SECOND }),
        fc.integer({ min: 0, max: 10 * MINUTE }),
        fc.integer({ min: 0, max: 2 * HOUR }),
      ),
      what: fc.constantFrom(...WHATS),
    }),
    { minLength: 10, maxLength: 40, size: 'max' },
  ),
});

export interface TicketOutcome {
  readonly ticketCalls: number;
  readonly ticketsHandedOut: number;
  readonly violations: readonly string[];
}

/** Runs the scenario, then removes every fault and checks that there is a ticket again. */
export async function runTicketScenario(scenario: TicketScenario): Promise<TicketOutcome> {
  const fleet = createFleet(CONFIG_TICKET);
  const { clock, wecom, table } = fleet;
  const violations: string[] = [];
  const never = (what: keyof typeof NEVER_WITH_TICKETS, more: string | number = '') =>
    violations.push(`${NEVER_WITH_TICKETS[what]} ${more} (${clock.now()})`);
  let state = scenario.seed;
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x8000_0000;
  };
  let instances = fresh();
  let handedOut = 0;
  let pFails = 0;
  /** Since when DynamoDB answers every request. */
  let wellSince = clock.now();
  let errcode: number | undefined;
  let milliseconds = 100;
  /** When each ticket was removed from the record. */
  const removed = new Map<string, number>();
  wecom.lifetime = scenario.lifetime;
  wecom.repeats = scenario.repeats;
  wecom.respond = () => ({ milliseconds, ...(errcode !== undefined && { errcode }) });
  wecom.onCall = () => {
    if (pFails === 1) never('uncounted');
    const isUnderWay = wecom.calls.some(
      ({ doneAt, until }) => doneAt === undefined && until > clock.now(),
    );
    if (isUnderWay) never('twoCalls');
  };
  table.timeoutMs = 2_050;
  table.outcome = () =>
    random() < pFails
      ? ((['fails', 'answer-lost', 'retried'] as const)[
          pFails === 1 ? 0 : Math.floor(random() * 3)
        ] as RequestOutcome)
      : undefined;

  function fresh(): Instance[] {
    return Array.from({ length: scenario.instances }, () =>
      fleet.newInstance({ random, skew: Math.floor(random() * 4_000) - 2_000 }),
    );
  }

  async function ask(instance: Instance): Promise<string | undefined> {
    try {
      const ticket = await instance.get();
      handedOut += 1;
      if (wecom.statusOf(ticket) === 'expired') never('expired', ticket);
      const removedAt = Math.max(removed.get(ticket) ?? clock.now(), wellSince);
      if (pFails === 0 && removedAt < clock.now() - 2 * MINUTE) never('revoked', ticket);
      return ticket;
    } catch (error) {
      if (!(error instanceof WecomAuthError)) never('defect', String(error));
      return undefined;
    }
  }

  const everybody = () => clock.run(Promise.all([...instances, ...instances].map(ask)));

  /** As an operator does, see docs/operations.md. */
  function remove(): void {
    const { token, version, ...rest } = table.item ?? {};
    if (token === undefined) return;
    wecom.revoke();
    removed.set((token as StoredToken).value, clock.now());
    table.item = { ...rest, version: Number(version) + 1 };
  }

  async function happen(what: What): Promise<void> {
    switch (what) {
      case 'everybody asks':
        await everybody();
        break;
      case 'a busy hour':
        for (let minute = 0; minute < 60; minute += 1) {
          await clock.run(ask(instances[minute % instances.length] as Instance));
          await clock.pass(MINUTE);
        }
        break;
      case 'every instance is new':
        instances = fresh();
        await everybody();
        break;
      case 'the ticket is revoked and removed':
        remove();
        break;
      case 'a day of revocations':
        for (let n = 0; n < 60; n += 1) {
          remove();
          await clock.run(ask(instances[n % instances.length] as Instance));
          await clock.pass(random() * (n % 10 === 0 ? 3 * HOUR : 2 * MINUTE));
        }
        break;
      case 'WeCom refuses':
        errcode = [60020, 45009, 40014][Math.floor(random() * 3)];
        break;
      case 'WeCom is busy':
        errcode = -1;
        break;
      case 'WeCom is slow':
        milliseconds = 2_000 + random() * 5_000;
        break;
      case 'WeCom is well':
        errcode = undefined;
        milliseconds = 100;
        break;
      case 'DynamoDB is down':
        pFails = 1;
        break;
      case 'DynamoDB fails now and then':
        pFails = random() * 0.5;
        break;
      case 'DynamoDB is well':
        if (pFails > 0) wellSince = clock.now();
        pFails = 0;
        break;
      case 'DynamoDB deletes by TTL':
        if (Number(table.item?.['ttl']) * SECOND < clock.now()) table.item = undefined;
        break;
      case 'there is no access_token':
        fleet.hasAccessToken = false;
        break;
      case 'there is an access_token':
        fleet.hasAccessToken = true;
        break;
      case 'the holder dies': {
        const [dying, ...others] = instances;
        remove();
        void dying?.begin().token.catch(() => undefined);
        await clock.pass(60);
        dying?.freeze();
        instances = [...others, fleet.newInstance({ random })];
        break;
      }
    }
  }

  for (const { after, what } of scenario.events) {
    await clock.pass(after);
    await happen(what);
  }
  for (const what of ['DynamoDB is well', 'WeCom is well', 'there is an access_token'] as const) {
    await happen(what);
  }
  // The longest pause of a breaker is an hour, and clocks differ.
  await clock.pass(HOUR + MINUTE);
  wecom.lifetime = 7_200;
  instances = fresh();
  await everybody();
  // A WeCom that repeats its ticket may have had only its last seconds left.
  await clock.pass(30 * SECOND);
  const last = await everybody();
  if (last.some((ticket) => ticket === undefined)) never('dead');
  for (const { at } of wecom.calls) {
    const inHour = wecom.calls.filter((each) => each.at >= at && each.at < at + HOUR);
    if (inHour.length > 11) never('twelfth', inHour.length);
  }
  return { ticketCalls: wecom.calls.length, ticketsHandedOut: handedOut, violations };
}
