import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { build } from 'esbuild';
import { systemClock } from '../../../../lib/clock.ts';
import { createTable } from '../../../../lib/dynamodb/table.ts';
import { tokenKey } from '../../../../lib/tableKeys.ts';
import { DynamoTokenStore } from '../../../../lib/token/dynamoTokenStore.ts';
import { startDynamoDb } from '../../../../local/dynamodb.ts';
import { startSsm } from '../../../../local/ssm/start.ts';
import { createTables } from '../../../../local/tables.ts';
import { startWecom } from '../../../../packages/emulator/source/server.ts';
import { localDynamoDb } from '../../../harness/localAws.ts';
import { PLAIN_KEY } from './fetchWhenMissing.ts';
import type { Report } from './instance.ts';
import type { Settings } from './settings.ts';

export interface ExperimentOptions {
  readonly cache: 'wecom-auth' | 'fetch-when-missing';
  readonly processes: number;
  /** Of each process, all at once. */
  readonly callers: number;
  /** Whether to kill the process that makes the first gettoken, during it. */
  readonly kill?: boolean;
}

export interface ExperimentResult {
  readonly gettokenCalls: number;
  /** Callers of processes that lived. */
  readonly callers: number;
  readonly failures: readonly string[];
  /** Different tokens that callers got. */
  readonly tokens: number;
  /** Milliseconds, in rising order. */
  readonly waits: readonly number[];
  /** Milliseconds from the end of the dead holder's lease until the last caller was served. */
  readonly afterLease?: number | undefined;
}

/** How long gettoken takes. */
const GETTOKEN_MS = 100;
/** How long the first one takes if its caller is killed during it. */
const KILLED_GETTOKEN_MS = 2_500;

/**
 * Runs separate processes whose callers all need the token when it has expired, with an embedded
 * DynamoDB, the SSM stand-in and the WeCom emulator.
 */
export async function runExperiment(options: ExperimentOptions): Promise<ExperimentResult> {
  const directory = await mkdtemp(join(tmpdir(), 'token-experiment-'));
  const [wecom, dynamoDb] = await Promise.all([startWecom(), startDynamoDb()]);
  const [app] = wecom.company.apps.filter(({ enabled }) => enabled);
  if (!app) throw new Error('the fixture company has no app');
  const secretParameter = '/wecom-auth/local/app-secret';
  const ssm = await startSsm({ parameters: { [secretParameter]: { value: app.secret } } });
  const client = localDynamoDb(dynamoDb.url);
  const children: ChildProcess[] = [];
  try {
    const [table = ''] = (await createTables(client, 'local')).filter((n) => n.endsWith('-cache'));
    const settings: Settings = {
      corpId: wecom.company.corpid,
      agentId: String(app.agentid),
      wecomUrl: wecom.url,
      table,
      secretParameter,
      secret: app.secret,
    };
    const store = new DynamoTokenStore({
      table: createTable(client, table),
      key: tokenKey(settings.corpId, settings.agentId),
      clock: systemClock,
    });
    await expireTokens();

    const file = join(directory, 'instance.mjs');
    await bundleInstance(file);
    for (let n = 0; n < options.processes; n += 1) {
      children.push(
        spawn(process.execPath, [file, options.cache, String(options.callers)], {
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
          env: {
            TOKEN_EXPERIMENT: JSON.stringify(settings),
            AWS_REGION: 'local',
            AWS_ACCESS_KEY_ID: 'local',
            AWS_SECRET_ACCESS_KEY: 'local',
            AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
            AWS_ENDPOINT_URL_SSM: ssm.url,
          },
        }),
      );
    }
    await Promise.all(children.map(ready));

    wecom.faults.add({ kind: 'slow', on: 'gettoken', ms: GETTOKEN_MS });
    if (options.kill) {
      wecom.faults.add({ kind: 'slow', on: 'gettoken', ms: KILLED_GETTOKEN_MS, times: 1 });
    }
    const reports = children.map(reportOf);
    for (const child of children) child.send('go');
    const leaseUntil = options.kill ? await killTheOneInGettoken() : undefined;
    const received = (await Promise.all(reports)).filter((report) => report !== undefined);
    return {
      gettokenCalls: wecom.calls.count('gettoken'),
      callers: received.reduce((sum, { waits }) => sum + waits.length, 0),
      failures: received.flatMap(({ failures }) => failures),
      tokens: new Set(received.flatMap(({ tokens }) => tokens)).size,
      waits: received.flatMap(({ waits }) => waits).sort((a, b) => a - b),
      afterLease: leaseUntil && Math.max(...received.map((each) => each.servedAt)) - leaseUntil,
    };

    async function expireTokens(): Promise<void> {
      const expiresAt = Date.now() - 1_000;
      const token = { value: 'expired', obtainedAt: expiresAt - 7_200_000, expiresAt };
      const seen = await store.read();
      await store.replace(seen, { version: expiresAt, token });
      const Item = {
        ...PLAIN_KEY,
        value: { S: token.value },
        expiresAt: { N: String(expiresAt) },
      };
      await client.send(new PutItemCommand({ TableName: table, Item }));
    }

    /** Kills the holder of the lease. A plain cache has none: then any process will do. */
    async function killTheOneInGettoken(): Promise<number | undefined> {
      while (wecom.calls.count('gettoken') === 0) await delay(5);
      const { lease } = await store.read();
      const pid = Number(/^process-(\d+)/.exec(lease?.owner ?? '')?.[1] ?? children[0]?.pid);
      children.find((child) => child.pid === pid)?.kill('SIGKILL');
      return lease?.until;
    }
  } finally {
    for (const child of children) child.kill('SIGKILL');
    client.destroy();
    await Promise.all([wecom.close(), ssm.close(), dynamoDb.close()]);
    await rm(directory, { recursive: true });
  }
}

/** Bundles into one file without dependencies, like a deployed function. */
async function bundleInstance(outfile: string): Promise<void> {
  await build({
    entryPoints: [new URL('instance.ts', import.meta.url).pathname],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
}

/** @throws Error if the process ended before it was ready */
async function ready(child: ChildProcess): Promise<void> {
  const dead = once(child, 'disconnect').then(() => {
    throw new Error('a process of the experiment ended before it began');
  });
  await Promise.race([once(child, 'message'), dead]);
  dead.catch(() => undefined);
}

/** @returns nothing if the process was killed */
async function reportOf(child: ChildProcess): Promise<Report | undefined> {
  // Not 'exit', which may be emitted before the last message.
  const dead = once(child, 'disconnect').then(() => undefined);
  const [report] = (await Promise.race([once(child, 'message'), dead])) ?? [];
  return report as Report | undefined;
}
