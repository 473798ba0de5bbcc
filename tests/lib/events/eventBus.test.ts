import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { EventNotSent } from '../../../lib/events/errors.ts';
import { type OutgoingEvent, outgoing } from '../../../lib/events/event.ts';
import { createEventBus } from '../../../lib/events/eventBus.ts';
import type { Json } from '../../../local/eventBridge/entries.ts';
import { startEventBridge } from '../../../local/eventBridge/start.ts';
import { output, refusal, startAwsService } from '../../harness/awsService.ts';
import { createManualClock } from '../../harness/manualClock.ts';

const ORIGIN = { corpId: 'ww1', agentId: '1000002', stage: 'test' };

function event(id: number, facts: object = {}): OutgoingEvent {
  return outgoing('MemberLeft', ORIGIN, { id: `id-${id}`, at: 1_780_000_000_123 }, { ...facts });
}

const several = (count: number) => Array.from({ length: count }, (_, at) => event(at));

/** Sets the endpoint of EventBridge's client. */
function setEndpoint(url: string): void {
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', url);
  vi.stubEnv('AWS_REGION', 'local');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
}

beforeEach(() => () => vi.unstubAllEnvs());

async function start(name = 'company', buses = ['company']) {
  const eventBridge = await startEventBridge({ buses });
  onTestFinished(() => eventBridge.close());
  setEndpoint(eventBridge.url);
  const clock = createManualClock();
  const ids = () => eventBridge.events.map(({ detail }) => (detail as Json)['id']);
  return { eventBridge, clock, ids, bus: createEventBus(name, clock) };
}

async function failure(work: Promise<unknown>): Promise<EventNotSent> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof EventNotSent)) throw new Error(`not refused, but ${error}`);
  return error;
}

describe('the event bus', () => {
  it('gets each event with its type, its time and the source wecom-auth', async () => {
    const { eventBridge, bus } = await start();
    await bus.put([event(1, { userid: 'user123' })]);
    expect(eventBridge.events).toMatchObject([
      {
        source: 'wecom-auth',
        'detail-type': 'MemberLeft',
        time: '2026-05-28T20:26:40Z',
        detail: { id: 'id-1', time: '2026-05-28T20:26:40.123Z', userid: 'user123' },
      },
    ]);
  });

  it('gets ten events in one request, in their order', async () => {
    const { eventBridge, ids, bus } = await start();
    expect(await bus.put(several(10))).toEqual(Array(10).fill(undefined));
    expect(ids()).toEqual(several(10).map(({ detail }) => detail.id));
    expect(eventBridge.requests).toEqual(['DescribeEventBus', 'PutEvents']);
  });

  it('gets events that are too large together one by one', async () => {
    const { ids, bus } = await start();
    await bus.put([1, 2, 3, 4].map((id) => event(id, { note: '大'.repeat(30_000) })));
    expect(ids()).toHaveLength(4);
  });

  it('returns which events a response of 200 refused', async () => {
    const { eventBridge, ids, bus } = await start();
    eventBridge.faults.refuses = ({ Detail }) => String(Detail).includes('"id-1"');
    expect(await bus.put(several(3))).toEqual([undefined, 'InternalFailure', undefined]);
    expect(ids()).toEqual(['id-0', 'id-2']);
  });

  it('refuses an event that is too large alone, and takes the others', async () => {
    const { ids, bus } = await start();
    const large = event(1, { note: 'x'.repeat(300 * 1024) });
    const refusals = await bus.put([event(0), large, event(2)]);
    expect(refusals).toEqual([undefined, 'ValidationException', undefined]);
    expect(ids()).toEqual(['id-0', 'id-2']);
  });

  it('is tried twice if EventBridge throttles', async () => {
    const { eventBridge, ids, bus } = await start();
    eventBridge.faults.throttled = 1;
    expect(await bus.put(several(1))).toEqual([undefined]);
    expect(ids()).toEqual(['id-0']);
    eventBridge.faults.throttled = 2;
    expect(await bus.put(several(1))).toEqual(['ThrottlingException']);
  });

  it('gets nothing if it does not exist, and the error says so', async () => {
    const { bus } = await start('elsewhere');
    const { details } = await failure(bus.put(several(1)));
    expect(details).toMatchObject({
      bus: 'elsewhere',
      reason: 'ResourceNotFoundException',
      advice: expect.stringContaining('eventBus'),
    });
  });

  it('is looked up again after a minute, in case it was deleted', async () => {
    const buses = ['company'];
    const { clock, bus } = await start('company', buses);
    await bus.put(several(1));
    buses.pop();
    clock.time += 59_999;
    // EventBridge drops the event, and answers 200.
    expect(await bus.put(several(1))).toEqual([undefined]);
    clock.time += 1;
    expect((await failure(bus.put(several(1)))).details['reason']).toBe(
      'ResourceNotFoundException',
    );
  });

  it('is an error if EventBridge does not answer', async () => {
    const { eventBridge, bus } = await start();
    eventBridge.faults.isDown = true;
    expect((await failure(bus.put(several(1)))).details['reason']).toBe('ECONNRESET');
  });
});

describe('an invalid response of EventBridge', () => {
  const BUS = output({ Name: 'company' });

  it.each([
    ['without results', {}],
    ['with too few results', { FailedEntryCount: 0, Entries: [{ EventId: '1' }] }],
    ['with an empty result', { FailedEntryCount: 0, Entries: [{ EventId: '1' }, {}] }],
    ['with null', { FailedEntryCount: 0, Entries: [{ EventId: '1' }, null] }],
  ])('%s does not count as accepted', async (_what, answer) => {
    const service = await startAwsService(BUS, output(answer));
    setEndpoint(service.url);
    const bus = createEventBus('company', createManualClock());
    expect((await bus.put(several(2)))[1]).toBe('unknown');
  });

  it('is never quoted', async () => {
    const entry = { ErrorCode: 'CANARY, and more', ErrorMessage: 'CANARY' };
    const service = await startAwsService(
      BUS,
      output({ FailedEntryCount: 1, Entries: [entry] }),
      refusal('OtherException', 400, 'CANARY'),
    );
    setEndpoint(service.url);
    const bus = createEventBus('company', createManualClock());
    expect(await bus.put(several(1))).toEqual(['unknown']);
    expect(await bus.put(several(1))).toEqual(['OtherException']);
  });
});
