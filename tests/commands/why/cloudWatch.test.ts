import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { memberPseudonym } from '../../../lib/log/pseudonym.ts';
import { createTables } from '../../../local/tables.ts';
import { readPolicy } from '../../harness/examplePolicy.ts';
import { localDynamoDb } from '../../harness/localAws.ts';
import { serve } from '../../harness/serve.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

/*
 * A deployed stage: the key comes from a function's configuration, the lines from CloudWatch Logs.
 */

const KEY = 'a key of the stage prod, made by AWS, 48 letters';
const MEMBER = memberPseudonym(KEY, APP.corpId, 'zhangsan');
/** How CloudWatch is asked, per log group: its lines in pages. A text is a line of Lambda itself. */
type Pages = Readonly<Record<string, readonly (readonly (object | string)[])[]>>;

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
/** Of Lambda and CloudWatch Logs, as a policy names them. */
let actions: string[];
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
  [asked, actions, logs, variables, refused] = [[], [], {}, { LOG_KEY: KEY }, undefined];
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
  const [, operation] = String(request.headers['x-amz-target']).split('.');
  actions.push(operation ? `logs:${operation}` : 'lambda:GetFunctionConfiguration');
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
    message: typeof line === 'string' ? line : `${JSON.stringify(line)}\n`,
  }));
  answer(200, { events, ...(page + 1 < pages.length && { nextToken: String(page + 1) }) });
}

/** A zone where it is about noon, so that no period crosses midnight and no time is printed with its date. */
function zoneAtNoon(): string {
  const east = 12 - new Date().getUTCHours();
  return `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`;
}

function why(
  ...given: (string | NodeJS.ProcessEnv)[]
): Promise<{ exit: number; out: string; err: string }> {
  const argv = given.filter((each) => typeof each === 'string');
  const env = {
    PATH: process.env['PATH'],
    TZ: zoneAtNoon(),
    AWS_ENDPOINT_URL_LAMBDA: url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: url,
    AWS_ENDPOINT_URL_DYNAMODB: tables.front.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    ...given.find((each) => typeof each === 'object'),
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

  it('needs the rights of docs/examples/policies/why.json, and no others', async () => {
    const before = tables.front.requests.length;
    await why('user:zhangsan', '--stage', 'prod');
    const ofTables = tables.front.requests.slice(before).map((request) => {
      expect(request).toMatch(/ wecom-auth-prod-permissions$/);
      return `dynamodb:${request.split(' ')[0]}`;
    });
    const granted = readPolicy('why.json').Statement.flatMap(({ Action }) => Action);
    expect([...new Set([...actions, ...ofTables])].sort()).toEqual(granted.sort());
  });

  it('is not searched for ever', async () => {
    const pages = Array.from({ length: 60 }, () => []);
    logs = { '/aws/lambda/wecom-auth-prod-verify': pages };
    const { err } = await why('user:zhangsan', '--stage', 'prod');
    expect(err).toContain('The logs were not searched to their ends: narrow the time with --at.');
    const inVerify = asked.filter(({ logGroupName }) => logGroupName.endsWith('-verify'));
    const byPattern = Map.groupBy(inVerify, ({ filterPattern }) => filterPattern);
    expect([...byPattern.values()].map(({ length }) => length)).toEqual([50, 50]);
  });

  it("has API Gateway's own answers to a request", async () => {
    const line = { requestId: 'JKJaXmPLvHcESHA=', functionRequestId: '-', status: '403' };
    logs = { '/aws/http-api/wecom-auth-prod': [[line]] };
    const { out } = await why('request:JKJaXmPLvHcESHA=', '--stage', 'prod');
    expect(out).toContain('API Gateway itself answered 403; no function ran.');
    expect(asked[0]?.filterPattern).toBe('"JKJaXmPLvHcESHA="');
  });
});

/** The id that Lambda gives an invocation. */
const id = (number: number) => `8f507cfc-0000-4697-b07a-${String(number).padStart(12, '0')}`;

const REPORT = `Duration: 15000.00 ms\tBilled Duration: 15000 ms\tMemory Size: 512 MB\tMax Memory Used: 120 MB`;

/** What Lambda writes about invocations that timed out, crashed, ran out of memory, and ended well. */
const timedOut = (number: number) => [
  `START RequestId: ${id(number)} Version: $LATEST\n`,
  `2026-11-27T02:05:15.123Z ${id(number)} Task timed out after 15.00 seconds\n\n`,
  `END RequestId: ${id(number)}\n`,
  `REPORT RequestId: ${id(number)}\t${REPORT}\tStatus: timeout\n`,
];
const crashed = (number: number) => [
  `RequestId: ${id(number)} Error: Runtime exited with error: exit status 129\nRuntime.ExitError\n`,
  `REPORT RequestId: ${id(number)}\t${REPORT}\tStatus: error\tError Type: Runtime.ExitError\n`,
];
const outOfMemory = (number: number) => [
  `RequestId: ${id(number)} Error: Runtime exited with error: signal: killed\nRuntime.ExitError\n`,
  `REPORT RequestId: ${id(number)}\t${REPORT}\tStatus: error\tError Type: Runtime.ExitError\n`,
];
const endedWell = (number: number) => [`REPORT RequestId: ${id(number)}\t${REPORT}\n`];

/** API Gateway's line of a request to a function. */
const access = (number: number, route: string, status: string) => ({
  requestId: `gateway-${number}`,
  functionRequestId: id(number),
  route,
  status,
});

describe('requests that ended without an answer', () => {
  const SIGN_IN = 'POST /api/wecom/getUserInfo';
  const closing = (number: number, status: number) => ({
    function: 'getUserInfo',
    requestId: id(number),
    status,
    outcome: 'failed',
    error: 'ERR_WECOM_TRANSPORT',
    member: 'of somebody else',
  });

  beforeEach(() => {
    logs = {
      '/aws/lambda/wecom-auth-prod-getUserInfo': [
        [...timedOut(1), ...timedOut(2), ...endedWell(3), closing(3, 503), closing(7, 500)],
      ],
      '/aws/lambda/wecom-auth-prod-verify': [[...outOfMemory(4)]],
      '/aws/lambda/wecom-auth-prod-authorize': [[...crashed(5)]],
      '/aws/http-api/wecom-auth-prod': [
        [
          access(1, SIGN_IN, '500'),
          access(2, SIGN_IN, '500'),
          // The function answered.
          access(3, SIGN_IN, '503'),
          access(4, 'GET /api/wecom/verify/{userId}', '500'),
          access(5, 'GET /api/wecom/authorize', '500'),
          // Lambda did not begin.
          access(6, SIGN_IN, '503'),
          // It is about nobody.
          access(8, 'GET /.well-known/jwks.json', '500'),
        ],
      ],
    };
  });

  it('are listed by how they ended, as somebody, perhaps the member', async () => {
    const { exit, out, err } = await why('user:zhangsan', '--stage', 'prod');
    const text = out.replaceAll(/\d{2}:\d{2}:\d{2}/g, '<time>').split('\n\n');
    expect(text).toContain(
      [
        "In this time 5 requests ended without an answer. It is not known whose they were; one of them may have been the member's:",
        '   2 ×  Sign-in: the function timed out. (<time>)',
        '        → Sign in again in a moment. If it lasts, see “server-errors” in docs/operations.md.',
        `        x-request-id ${id(2)}`,
        '   1 ×  verify: the function ran out of memory. (<time>)',
        "        → Raise memorySize in the stage's file, and deploy.",
        `        x-request-id ${id(4)}`,
        '   1 ×  The beginning of a sign-in: the function crashed. (<time>)',
        '        → Sign in again. If it happens again, report the lines of the request in the log of the function.',
        `        x-request-id ${id(5)}`,
        '   1 ×  Sign-in: the function gave no answer, and API Gateway answered 503. (<time>)',
        '        → Sign in again in a moment. If it lasts, see “server-errors” in docs/operations.md.',
        `        x-request-id ${id(6)}`,
      ].join('\n'),
    );
    expect(out).not.toContain('API Gateway itself answered');
    expect([exit, err]).toEqual([0, '']);
  });

  it('are told in Chinese', async () => {
    const { out } = await why('user:zhangsan', '--stage', 'prod', { LC_ALL: 'zh_CN.UTF-8' });
    expect(out).toContain('这段时间有 5 个请求没有得到结果。无法知道是谁的，其中可能有此人的：');
    expect(out).toMatch(/ {3}2 × {2}登录：函数运行超时。（\d{2}:\d{2}:\d{2}）\n {8}→ 稍后重新登录/);
  });

  it('are in the JSON, with their ids', async () => {
    const { out } = await why('user:zhangsan', '--stage', 'prod', '--json');
    const { unanswered, unknown } = JSON.parse(out);
    expect(unanswered).toHaveLength(5);
    expect(unanswered[0]).toMatchObject({
      requestId: id(1),
      gatewayRequestId: 'gateway-1',
      function: 'getUserInfo',
      route: SIGN_IN,
      end: 'timeout',
    });
    expect(unknown).toEqual([]);
  });

  it('are found if the access log has none of them', async () => {
    const { '/aws/http-api/wecom-auth-prod': _, ...functions } = logs;
    logs = functions;
    const { out } = await why('user:zhangsan', '--stage', 'prod');
    expect(out).toContain('   2 ×  Sign-in: the function timed out.');
    expect(out).toContain('In this time 4 requests ended without an answer.');
  });

  it('are found by their id', async () => {
    const { out } = await why(`request:${id(1)}`, '--stage', 'prod');
    expect(out).toContain('  Sign-in: the function timed out.\n');
    expect(out.match(/the function timed out/g)).toHaveLength(1);
    expect(out).toContain('API Gateway answered 500');
  });

  it("are found by API Gateway's id", async () => {
    const { out } = await why('request:gateway-4', '--stage', 'prod');
    expect(out).toContain('  verify: the function ran out of memory.\n');
  });

  it('are looked for by what Lambda writes about them', async () => {
    await why('user:zhangsan', '--stage', 'prod');
    const patterns = asked
      .map(({ filterPattern }) => filterPattern)
      .filter((pattern) => pattern.startsWith('?'));
    const [pattern = ''] = patterns;
    // A stage without the OpenID provider: authorize, getUserInfo, verify and callback.
    expect(patterns).toEqual([pattern, pattern, pattern, pattern]);
    const terms = [...pattern.matchAll(/\?"([^"]+)"/g)].map(([, term = '']) => term);
    const isFound = (line: string) => terms.some((term) => line.includes(term));
    for (const lines of [timedOut(1), crashed(1), outOfMemory(1)]) {
      expect(lines.some(isFound)).toBe(true);
    }
    expect(endedWell(1).some(isFound)).toBe(false);
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

  it('AWS that cannot be reached', async () => {
    const AWS_ENDPOINT_URL_LAMBDA = 'http://127.0.0.1:1';
    const { exit, err } = await why('user:zhangsan', '--stage', 'prod', {
      AWS_ENDPOINT_URL_LAMBDA,
    });
    expect(err).toContain(
      'AWS did not answer: ECONNREFUSED. AWS cannot be reached from this machine.',
    );
    expect(exit).toBe(1);
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
