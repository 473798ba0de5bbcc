import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { Base } from '../../../lib/app/base.ts';
import { createEvents } from '../../../lib/app/events.ts';
import type { Clock } from '../../../lib/clock.ts';
import {
  type AwsAnswer,
  output,
  refusal,
  silence,
  startAwsService,
} from '../../harness/awsService.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createManualClock } from '../../harness/manualClock.ts';

const NOW = Date.parse('2026-06-01T04:00:00Z');
const MEMBER = {
  userid: 'user123',
  name: '张三',
  mobile: '13800138000',
  email: 'zhang@company.com',
  department: '技术部',
  position: '工程师',
};

beforeEach(() => () => vi.unstubAllEnvs());

/** Time stands still: only an answer ends the wait. */
const STILL: Clock = {
  now: () => NOW,
  sleep: (_ms, signal) =>
    new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
};

/** The events of an instance whose SQS answers like this. */
async function start(answer: AwsAnswer, clock: Clock = STILL) {
  const service = await startAwsService(answer);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', service.url);
  vi.stubEnv('AWS_REGION', 'local');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const configuration = () => ({ corpId: 'ww1', agentId: '1000002', stage: 'test' });
  const base = { clock, configuration } as unknown as Base;
  const events = createEvents(base, `${service.url}/000000000000/events`);
  const invocation = createInvocation(NOW + 10_000);
  onTestFinished(() => invocation.settled());
  return { service, events, invocation };
}

it.each<[string, AwsAnswer, string]>([
  ['an error', refusal('QueueDoesNotExist'), 'QueueDoesNotExist'],
  ['no results', output({}), 'unknown'],
  [
    'a refusal in a response of 200',
    output({ Failed: [{ Id: '0', Code: 'InternalError' }] }),
    'InternalError',
  ],
  ['a code that is none', output({ Failed: [{ Id: '0', Code: 'CANARY 13800138000' }] }), 'unknown'],
])('takes %s of SQS for an event that was not sent', async (_what, answer, reason) => {
  const { events, invocation } = await start(answer);
  events.signedIn({ member: MEMBER }, invocation);
  await invocation.settled();
  expect(invocation.lines).toMatchObject([
    { message: 'The event was not sent', event: 'MemberSignedIn', userid: 'user123', reason },
  ]);
  expect(JSON.stringify(invocation.lines)).not.toMatch(/CANARY|13800138000|张三|zhang@/);
});

it('writes the log line before the invocation ends, if SQS does not answer', async () => {
  const clock = createManualClock(NOW);
  const { events, invocation } = await start(silence, clock);
  events.signedIn({ member: MEMBER }, invocation);
  await invocation.settled();
  expect(invocation.lines).toMatchObject([{ reason: 'timeout', EventNotSent: 1 }]);
  expect(clock.time).toBeLessThan(invocation.deadline);
});

it('sends nothing for an event about a department', async () => {
  const { events, invocation, service } = await start(output({}));
  const event = {
    type: 'update_party',
    departmentId: 2,
    id: 'x',
    createdAt: 0,
    clockLagSeconds: 0,
  } as const;
  expect(await events.notified(event, invocation)).toBeUndefined();
  expect(service.requests).toEqual([]);
});
