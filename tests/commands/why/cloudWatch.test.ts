import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { memberPseudonym } from '../../../lib/log/pseudonym.ts';
import { createTables } from '../../../local/tables.ts';
import { localDynamoDb } from '../../harness/localAws.ts';
import { serve } from '../../harness/serve.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

/*
 * A deployed stage: the key comes from a function's configuration, the lines from CloudWatch Logs.
 */

const KEY = 'a key of the stage prod, made by AWS, 48 letters';
const MEMBER = memberPseudonym(KEY, APP.corpId, 'zhangsan');
/** How CloudWatch is asked, per log group: its lines in pages. */
type Pages = Readonly<Record<string, readonly (readonly object[])[]>>;

interface Asked {
  readonly logGroupName: string;
  readonly filterPattern: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly nextToken?: string;
}

let tables: Tables;
/** Where the commands run: with the stages of the project, `prod` filled in. */
let directory: string;
let asked: Asked[];
let logs: Pages;
let variables: Record<string, string> | undefined;
let refused: string | undefined;
let url: string;

beforeEach(async () => {
  tables = await startTables();
  const client = localDynamoDb(tables.front.url);
  await createTables(client, 'prod');
  client.destroy();
  directory = await mkdtemp(join(tmpdir(), 'why-'));
  await cp('stages', join(directory, 'stages'), { recursive: true });
  await fillIn(APP.corpId);
  [asked, logs, variables, refused] = [[], {}, { LOG_KEY: KEY }, undefined];
  ({ url } = await serve(aws));
  return () => Promise.all([tables.close(), rm(directory, { recursive: true })]);
});

async function fillIn(corpId: string): Promise<void> {
  const prod = join(directory, 'stages/prod.yml');
  const file = await readFile('stages/prod.yml', 'utf8');
  await writeFile(
    prod,
    file.replace('corpId: ""', `corpId: "${corpId}"`).replace('agentId: ""', 'agentId: 1000002'),
  );
}

/** A stand-in for Lambda and CloudWatch Logs. */
async function aws(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = (status: number, body: object) =>
    response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify(body));
  const body = await text(request);
  if (request.method === 'GET') {
    if (variables === undefined) {
      response.setHeader('x-amzn-errortype', 'ResourceNotFoundException');
      return void answer(404, { Message: 'Function not found' });
    }
    expect(request.url).toBe('/2015-03-31/functions/wecom-auth-prod-verify/configuration');
    return void answer(200, { Environment: { Variables: variables } });
  }
  const query: Asked = JSON.parse(body);
  asked.push(query);
  if (refused) return void answer(400, { __type: refused, message: 'CANARY' });
  const pages = logs[query.logGroupName];
  if (pages === undefined) return void answer(400, { __type: 'ResourceNotFoundException' });
  const page = Number(query.nextToken ?? 0);
  const events = (pages[page] ?? []).map((line) => ({
    timestamp: Date.now() - 60_000,
    message: `${JSON.stringify(line)}\n`,
  }));
  answer(200, { events, ...(page + 1 < pages.length && { nextToken: String(page + 1) }) });
}

function why(...argv: string[]): Promise<{ exit: number; out: string; err: string }> {
  const env = {
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL_LAMBDA: url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: url,
    AWS_ENDPOINT_URL_DYNAMODB: tables.front.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const command = [resolve('commands/why.ts'), ...argv];
  return new Promise((settle) => {
    execFile(process.execPath, command, { env, cwd: directory }, (error, out, err) =>
      settle({ exit: Number(error?.code ?? 0), out, err }),
    );
  });
}

const refusedByWecom = {
  function: 'getUserInfo',
  member: MEMBER,
  requestId: 'r-1',
  status: 401,
  outcome: 'refused',
  error: 'ERR_WECOM_ERRCODE',
  errcode: 60011,
  api: 'user/get',
};

describe('a deployed stage', () => {
  it('is answered from every page of every log', async () => {
    logs = {
      '/aws/lambda/wecom-auth-prod-getUserInfo': [[], [], [refusedByWecom]],
      '/aws/http-api/wecom-auth-prod': [[{ functionRequestId: '-', status: '429' }]],
    };
    const { exit, out, err } = await why('user:zhangsan', '--stage', 'prod');
    expect(out).toContain('Sign-in refused: WeCom refused user/get with errcode 60011');
    expect(out).toContain('1 ×  API Gateway itself answered 429 (too many requests)');
    // The permission table is there, and knows nobody.
    expect(out).toContain('Now: no usable data about the member is stored');
    expect([exit, err]).toEqual([0, '']);
    const own = asked.filter(({ filterPattern }) => filterPattern.includes('$.member ='));
    expect(new Set(own.map(({ filterPattern }) => filterPattern))).toEqual(
      new Set([`{ $.member = "${MEMBER}" }`]),
    );
    // A stage without a domain has no OpenID provider.
    expect([...new Set(own.map(({ logGroupName }) => logGroupName))].sort()).toEqual(
      ['callback', 'getUserInfo', 'verify'].map((name) => `/aws/lambda/wecom-auth-prod-${name}`),
    );
    const { startTime = 0, endTime = 0 } = own[0] ?? {};
    expect(endTime - startTime).toBe(3_600_000);
  });

  it('is not searched for ever', async () => {
    const pages = Array.from({ length: 60 }, () => []);
    logs = { '/aws/lambda/wecom-auth-prod-verify': pages };
    const { err } = await why('user:zhangsan', '--stage', 'prod');
    expect(err).toContain('The logs were not searched to their ends: narrow the time with --at.');
    const inVerify = asked.filter(({ logGroupName }) => logGroupName.endsWith('-verify'));
    expect(inVerify).toHaveLength(50);
  });

  it("has API Gateway's own answers to a request", async () => {
    const line = { requestId: 'JKJaXmPLvHcESHA=', functionRequestId: '-', status: '403' };
    logs = { '/aws/http-api/wecom-auth-prod': [[line]] };
    const { out } = await why('request:JKJaXmPLvHcESHA=', '--stage', 'prod');
    expect(out).toContain('API Gateway itself answered 403; no function ran.');
    expect(asked[0]?.filterPattern).toBe(
      '{ $.requestId = "JKJaXmPLvHcESHA=" || $.gatewayRequestId = "JKJaXmPLvHcESHA=" || $.functionRequestId = "JKJaXmPLvHcESHA=" }',
    );
  });
});

describe('what it cannot do, and what to do about it', () => {
  it.each([
    ['no right to the log', { refused: 'AccessDeniedException' }, 'logs:FilterLogEvents'],
    ['a stage that is not deployed', { variables: undefined }, 'Is the stage prod deployed'],
    ['a version without the key', { variables: {} }, 'has no LOG_KEY'],
  ])('%s', async (_, situation, said) => {
    ({ refused, variables } = { refused, variables, ...situation } as {
      refused: string | undefined;
      variables: Record<string, string> | undefined;
    });
    const { exit, out, err } = await why('user:zhangsan', '--stage', 'prod');
    expect(err).toContain(said);
    expect(err).not.toContain('CANARY');
    expect([exit, out]).toEqual([1, '']);
  });

  it('a stage that was not set up', async () => {
    await fillIn('');
    const { exit, err } = await why('user:zhangsan', '--stage', 'prod');
    expect(err).toContain(
      'stages/prod.yml has no corpId: run npm run setup -- --stage prod first.',
    );
    expect(exit).toBe(1);
  });

  it('a permission table that does not answer costs no answer from the log', async () => {
    logs = { '/aws/lambda/wecom-auth-prod-getUserInfo': [[refusedByWecom]] };
    tables.front.fail('down');
    const { exit, out, err } = await why('user:zhangsan', '--stage', 'prod');
    expect(out).toContain('errcode 60011');
    expect(err).toContain('The permission table could not be read');
    expect(exit).toBe(0);
  });
});
