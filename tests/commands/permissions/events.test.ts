import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../../commands/permissions/run.ts';
import { createHandler } from '../../../functions/publishEvents.ts';
import { notePersonChange } from '../../../lib/permissions/personChange.ts';
import { type EventBridge, startEventBridge } from '../../../local/eventBridge/start.ts';
import { type Sqs, startSqs } from '../../../local/sqs/start.ts';
import { expectInSchema } from '../../harness/eventSchemas.ts';
import { type LambdaPort, startLambdaPort } from '../../harness/lambdaPort.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const NOW = Date.parse('2026-06-01T04:00:00Z');

let tables: Tables;
let eventBridge: EventBridge;
let lambda: LambdaPort;
let queue: Sqs;

beforeEach(async () => {
  tables = await startTables();
  eventBridge = await startEventBridge({ buses: ['wecom-auth-local'] });
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', eventBridge.url);
  vi.stubEnv('AWS_REGION', 'local');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  lambda = await startLambdaPort(async () => createHandler({ EVENT_BUS: 'wecom-auth-local' }));
  queue = await startSqs({
    queue: 'wecom-auth-local-events',
    lambdaUrl: lambda.url,
    function: 'publishEvents',
    pausesMs: [],
  });
  return async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    await queue.close();
    await lambda.close();
    await eventBridge.close();
    await tables.close();
  };
});

async function permissions(argv: string[], more: NodeJS.ProcessEnv = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await run(argv, {
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: tables.front.url,
      AWS_ENDPOINT_URL_SQS: queue.url,
      LANG: 'en_US.UTF-8',
      ...more,
    },
    print: (text) => out.push(text),
    warn: (text) => err.push(text),
    now: () => NOW,
    serviceTime: async () => NOW,
  });
  await queue.settled();
  expectInSchema(...eventBridge.events);
  return { exit, out: out.join('\n'), err: err.join('\n') };
}

const details = () => eventBridge.events.map(({ detail }) => detail as Record<string, unknown>);

describe('a change by the command sends GrantChanged', () => {
  it('for a new grant, a changed one and a revoked one', async () => {
    const until = ['--until', '2031-01-31', '--note', '试用'];
    await permissions(['grant', 'user:ZhangSan', 'access', ...until]);
    await permissions(['deny', 'user:zhangsan', 'access']);
    await permissions(['revoke', 'user:zhangsan', 'access']);
    const terms = { effect: 'allow', until: '2031-01-31T16:00:00.000Z', note: '试用' };
    const common = {
      version: '1',
      id: expect.any(String),
      time: '2026-06-01T04:00:00.000Z',
      ...APP,
      stage: 'local',
      subject: 'user:zhangsan',
      permission: 'access',
      by: `local:${userInfo().username}`,
    };
    expect(details()).toEqual([
      { ...common, after: terms },
      { ...common, before: terms, after: { effect: 'deny' } },
      { ...common, before: { effect: 'deny' } },
    ]);
    expect(new Set(details().map(({ id }) => id)).size).toBe(3);
  });

  it.each(['department:2', 'tag:7', 'everyone'])('for %s', async (subject) => {
    await permissions(['grant', subject, 'report:read', '--yes']);
    expect(details()).toMatchObject([{ subject, permission: 'report:read' }]);
  });

  it('for every line of an import', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'events-'));
    const file = join(directory, 'grants.csv');
    const rows = Array.from({ length: 25 }, (_, at) => `user:u${at},access`);
    await writeFile(file, ['subject,permission', ...rows].join('\n'));
    expect(await permissions(['import', file])).toMatchObject({ exit: 0 });
    await rm(directory, { recursive: true });
    expect(new Set(details().map(({ subject }) => subject)).size).toBe(25);
  });

  it('for grants that settle suspends', async () => {
    await permissions(['grant', 'user:lisi', 'access']);
    const change = { kind: 'left', id: 'x', userid: 'lisi', createdAt: NOW + 60_000 } as const;
    await notePersonChange(tables.permissions, APP.corpId, change, NOW + 60_000);
    expect(await permissions(['settle'])).toMatchObject({ exit: 0 });
    expect(details().at(-1)).toMatchObject({
      subject: 'user:lisi',
      by: 'directory',
      after: { effect: 'allow', suspendedAt: expect.any(String) },
      cause: { kind: 'left', userid: 'lisi' },
    });
  });
});

describe('nothing is sent', () => {
  it('for a change that is only planned, or none', async () => {
    await permissions(['grant', 'user:lisi', 'access', '--dry-run']);
    await permissions(['list']);
    expect(queue.requests).toEqual([]);
  });

  it('on a stage without a bus', async () => {
    const { exit } = await permissions(['grant', 'user:lisi', 'access'], { EVENT_BUS: '' });
    expect(exit).toBe(0);
    expect(queue.requests).toEqual([]);
  });
});

describe('while SQS is away', () => {
  it('a grant is made, and the command says that its event was not sent', async () => {
    queue.faults.isDown = true;
    const { exit, err } = await permissions(['grant', 'user:lisi', 'access']);
    expect(exit).toBe(1);
    expect(err).toContain('the events of 1 were not sent: ECONNRESET');
    queue.faults.isDown = false;
    expect((await permissions(['list', 'user:lisi'])).out).toContain('access');
  });

  it('settle leaves the work undone, and can be run again', async () => {
    await permissions(['grant', 'user:lisi', 'access']);
    const change = { kind: 'left', id: 'x', userid: 'lisi', createdAt: NOW + 60_000 } as const;
    await notePersonChange(tables.permissions, APP.corpId, change, NOW + 60_000);
    queue.faults.isDown = true;
    const { exit, err } = await permissions(['settle']);
    expect(exit).toBe(1);
    expect(err).toContain('Run again in a moment');
    queue.faults.isDown = false;
    expect(await permissions(['settle'])).toMatchObject({ exit: 0 });
    expect(details().at(-1)).toMatchObject({ subject: 'user:lisi', by: 'directory' });
  });
});
