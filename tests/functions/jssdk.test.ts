import { createHash } from 'node:crypto';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gateway } from '../harness/gateway.ts';
import { REDIRECT_URI, type Stack, startStack } from '../harness/stack.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Only the first is an origin whose scripts may call the API; a member comes back to the second. */
const SETTINGS = {
  CORS_ORIGINS: 'https://app.example.com https://app.example.com:8443',
  REDIRECT_URIS: `${REDIRECT_URI} https://panel.example.com/signed-in?from=wecom`,
};
const PAGE = 'https://app.example.com/';

let stack: Stack;
let api: Gateway;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  stack = await startStack();
});

afterAll(() => {
  vi.useRealTimers();
});

/** Each test begins with WeCom and DynamoDB well, a fresh instance, and no record that still counts. */
beforeEach(async () => {
  stack.dynamoDb.fail(undefined);
  stack.wecom.faults.clear();
  pass(5 * HOUR);
  api = await stack.newInstance(SETTINGS);
  stack.wecom.calls.clear();
});

function pass(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
}

interface Signed {
  readonly timestamp: number;
  readonly nonceStr: string;
  readonly signature: string;
}

interface Body {
  readonly code: number;
  readonly message: string;
  readonly data?: { readonly config: Signed; readonly agentConfig: Signed };
}

async function askWith(query: string, at = api) {
  const response = await fetch(`${at.url}/api/wecom/jssdk?${query}`);
  const body = (await response.json()) as Body;
  return { status: response.status, body, headers: response.headers };
}

const ask = (url: string, at?: Gateway) => askWith(`url=${encodeURIComponent(url)}`, at);

/** A ticket as another program gets it from WeCom. */
async function ticketOf(path: 'get_jsapi_ticket' | 'ticket/get'): Promise<string> {
  const { url, company } = stack.wecom;
  const secret = company.apps.find(({ agentid }) => agentid === 1000002)?.secret;
  const get = async (address: string) =>
    (await (await fetch(`${url}/cgi-bin/${address}`)).json()) as Record<string, string>;
  const { access_token } = await get(`gettoken?corpid=${company.corpid}&corpsecret=${secret}`);
  const type = path === 'ticket/get' ? '&type=agent_config' : '';
  return (await get(`${path}?access_token=${access_token}${type}`))['ticket'] ?? '';
}

/** As WeCom's client checks it (document 96909): not by our code. */
function expected(ticket: string, { nonceStr, timestamp }: Signed, url: string): string {
  const sorted = { jsapi_ticket: ticket, noncestr: nonceStr, timestamp, url };
  const text = Object.entries(sorted)
    .sort()
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return createHash('sha1').update(text, 'utf8').digest('hex');
}

const fetches = () =>
  ['gettoken', 'get_jsapi_ticket', 'ticket/get'].map((each) => stack.wecom.calls.count(each));

describe('the signatures', () => {
  it("are those of the page by the app's two tickets, and the rest is what WeCom's calls want", async () => {
    const { status, body, headers } = await ask(`${PAGE}list?view=all`);
    expect([status, body.code, headers.get('cache-control')]).toEqual([200, 0, 'no-store']);
    const seconds = Math.floor(Date.now() / 1_000);
    const signed = {
      timestamp: seconds,
      nonceStr: expect.stringMatching(/^[\da-f]{32}$/),
      signature: expect.stringMatching(/^[\da-f]{40}$/),
    };
    const { corpid } = stack.wecom.company;
    expect(body.data).toEqual({
      config: { appId: corpid, ...signed },
      agentConfig: { corpid, agentid: '1000002', ...signed },
    });
    const { config, agentConfig } = body.data as NonNullable<Body['data']>;
    const url = `${PAGE}list?view=all`;
    expect(config.signature).toBe(expected(await ticketOf('get_jsapi_ticket'), config, url));
    expect(agentConfig.signature).toBe(expected(await ticketOf('ticket/get'), agentConfig, url));
  });

  it.each([
    ['a page', PAGE, PAGE],
    ['a query', `${PAGE}?a=1&b=2`, `${PAGE}?a=1&b=2`],
    ['a fragment', `${PAGE}#/route?a=1`, PAGE],
    ['an empty fragment', `${PAGE}#`, PAGE],
    ['Chinese as a browser writes it', `${PAGE}%E4%B8%AD?q=%E6%96%87`, undefined],
    ['Chinese as it is', `${PAGE}中?q=文`, undefined],
    ['a plus and a percent sign', `${PAGE}?q=a+b%20c`, undefined],
    ['4 096 characters', `${PAGE}?${'x'.repeat(4_096 - PAGE.length - 1)}`, undefined],
    ['a listed port', 'https://app.example.com:8443/x', undefined],
    ['the origin of a redirect address', 'https://panel.example.com/other', undefined],
    ['http on this machine, as it is listed', 'http://localhost:3000/', undefined],
  ])('are of the very text, up to its fragment: %s', async (_what, url, signedUrl = url) => {
    const { status, body } = await ask(url);
    expect([status, body.message]).toEqual([200, 'success']);
    const { config } = body.data as NonNullable<Body['data']>;
    expect(config.signature).toBe(expected(await ticketOf('get_jsapi_ticket'), config, signedUrl));
  });

  const unlisted = expect.stringContaining('url 不在允许的来源中');
  const odd = 'url 含有空白或控制字符';
  it.each([
    ['nothing', '', '缺少 url'],
    ['a fragment alone', '#/route', '缺少 url'],
    ['4 097 characters', `${PAGE}?${'x'.repeat(4_097 - PAGE.length - 1)}`, expect.any(String)],
    ['another host', 'https://evil.example/', unlisted],
    ['a listed host as the beginning', 'https://app.example.com.evil.example/', unlisted],
    ['a listed host as the user', 'https://app.example.com@evil.example/', unlisted],
    ['a user', 'https://someone@app.example.com/', unlisted],
    ['a user and a password', 'https://someone:word@app.example.com/', unlisted],
    ['http on a listed https host', 'http://app.example.com/', unlisted],
    ['another port', 'https://app.example.com:9443/', unlisted],
    ['the port of https, which no browser writes', 'https://app.example.com:443/', unlisted],
    ['a listed host in capitals', 'https://APP.example.com/', unlisted],
    ['an origin without a path, which no page has', 'https://app.example.com', unlisted],
    ['another scheme', 'javascript:alert(1)//https://app.example.com/', unlisted],
    ['no address', 'app.example.com/', unlisted],
    ['a backslash', 'https://app.example.com\\@evil.example/', odd],
    ['a space', `${PAGE}a b`, odd],
    ['a line break', `${PAGE}\nnoncestr=x`, odd],
  ])('are refused for %s', async (_what, url, message) => {
    const { status, body, headers } = await ask(url);
    expect([status, headers.get('x-error-code')]).toEqual([400, 'ERR_INVALID_REQUEST']);
    expect(body).toEqual({ code: -1, message });
    expect(fetches()).toEqual([0, 0, 0]);
  });

  it('are refused for two addresses', async () => {
    const { status, body } = await askWith(`url=${PAGE}&url=${PAGE}`);
    expect([status, body.message]).toEqual([400, 'url 只能出现一次']);
  });
});

describe('200 askers on 20 fresh instances', () => {
  it('cost one fetch of each ticket, also at the expiry of the last ones', async () => {
    expect((await ask(PAGE)).status).toBe(200);
    pass(2 * HOUR + SECOND);
    const instances = await Promise.all(
      Array.from({ length: 20 }, () => stack.newInstance(SETTINGS)),
    );
    stack.wecom.calls.clear();
    const answers = await Promise.all(
      instances.flatMap((each) => Array.from({ length: 10 }, () => ask(PAGE, each))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(fetches()).toEqual([1, 1, 1]);
  }, 30_000);
});

describe('a ticket that was revoked', () => {
  const key = () => ({
    TableName: 'wecom-auth-local-cache',
    Key: { pk: { S: `${stack.wecom.company.corpid}#ticket#1000002#get_jsapi_ticket` } },
  });

  /** WeCom has revoked what is stored; the emulator's own ticket is the new one. */
  async function revoke(): Promise<void> {
    await stack.client.send(
      new UpdateItemCommand({
        ...key(),
        UpdateExpression: 'SET #token.#value = :revoked, #version = #version + :one',
        ExpressionAttributeNames: { '#token': 'token', '#value': 'value', '#version': 'version' },
        ExpressionAttributeValues: { ':revoked': { S: 'REVOKED' }, ':one': { N: '1' } },
      }),
    );
  }

  it('is replaced within a minute after the operator removed it, by one fetch', async () => {
    expect((await ask(PAGE)).status).toBe(200);
    await revoke();
    pass(MINUTE);
    const signedBy = async (ticket: string) => {
      const { config } = (await ask(PAGE)).body.data as NonNullable<Body['data']>;
      return config.signature === expected(ticket, config, PAGE);
    };
    expect(await signedBy('REVOKED')).toBe(true);

    // As docs/operations.md says.
    await stack.client.send(
      new UpdateItemCommand({
        ...key(),
        UpdateExpression: 'SET version = version + :one REMOVE #token',
        ExpressionAttributeNames: { '#token': 'token' },
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    );
    pass(MINUTE);
    stack.wecom.calls.clear();
    const right = await ticketOf('get_jsapi_ticket');
    expect(await signedBy(right)).toBe(true);
    // One is ours, the other this test's.
    expect(stack.wecom.calls.count('get_jsapi_ticket')).toBe(2);
  });
});

describe('without WeCom or DynamoDB', () => {
  it.each(['get_jsapi_ticket', 'ticket/get', 'gettoken'])(
    'a busy %s is 503 with seconds to wait, and works again by itself',
    async (on) => {
      stack.wecom.tokens.revoke();
      stack.wecom.faults.add({ kind: 'errcode', errcode: -1, on });
      const { status, body, headers } = await ask(PAGE);
      expect([status, body]).toEqual([503, { code: -1, message: '获取 JS-SDK 签名失败' }]);
      expect(headers.get('retry-after')).toMatch(/^[1-5]$/);
      stack.wecom.faults.clear();
      pass(11 * SECOND);
      expect((await ask(PAGE)).status).toBe(200);
    },
  );

  it('a refused call for a ticket is the fault of the operator, and rings no alarm of sign-in', async () => {
    stack.printed.length = 0;
    stack.wecom.faults.add({ kind: 'errcode', errcode: 60020, on: 'ticket/get' });
    const { status, body } = await ask(PAGE);
    expect([status, body]).toEqual([500, { code: -1, message: '获取 JS-SDK 签名失败' }]);
    const lines = stack.log();
    expect(lines.at(-1)).toMatchObject({ fault: 'operator', error: 'ERR_TOKEN_UNAVAILABLE' });
    expect(lines.filter((line) => 'TokenBreakerOpened' in line)).toEqual([]);
  });

  it('a fresh instance without DynamoDB fetches nothing', async () => {
    stack.dynamoDb.fail('down');
    const { status, headers } = await ask(PAGE);
    expect([status, headers.get('x-error-code')]).toEqual([500, 'ERR_STORE_UNAVAILABLE']);
    expect(fetches()).toEqual([0, 0, 0]);
  });

  it('a warm instance without DynamoDB signs with the tickets that it has', async () => {
    expect((await ask(PAGE)).status).toBe(200);
    stack.dynamoDb.fail('down');
    pass(HOUR);
    expect((await ask(PAGE)).status).toBe(200);
    expect(fetches()).toEqual([1, 1, 1]);
  });
});

it('no stored ticket comes into the log', async () => {
  await ask(PAGE);
  for (const api of ['get_jsapi_ticket', 'ticket/get']) {
    const pk = `${stack.wecom.company.corpid}#ticket#1000002#${api}`;
    const { Item } = await stack.client.send(
      new GetItemCommand({ TableName: 'wecom-auth-local-cache', Key: { pk: { S: pk } } }),
    );
    const ticket = Item?.['token']?.M?.['value']?.S ?? '';
    expect(ticket).toHaveLength(86);
    expect(stack.printed.join('')).not.toContain(ticket);
  }
});
