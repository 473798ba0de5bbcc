import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../lib/clock.ts';
import { getTag } from '../../../lib/wecom/api/getTag.ts';
import { createWecomClient, type WecomAnswer, type WecomCall } from '../../../lib/wecom/client.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { serve } from '../../harness/serve.ts';

const CALL: WecomCall = { api: 'user/get', query: { userid: 'user123' }, idempotent: true };

function answer(body: string): RequestListener {
  return (_request, response) => response.end(body);
}

/** Real time, with waits that take none. */
const hurriedClock: Clock = { ...systemClock, sleep: async () => undefined };

function ask(url: string, call: Partial<WecomCall> = {}): Promise<WecomAnswer> {
  return createWecomClient(url, hurriedClock)({ ...CALL, ...call }, createInvocation());
}

/** The same, in an invocation of a second, of which `now` tells how much is over. */
function askBeforeTheEnd(url: string, now: () => number): Promise<WecomAnswer> {
  return createWecomClient(url, { ...hurriedClock, now })(CALL, createInvocation(1_000));
}

describe('an client with WeCom', () => {
  it('asks by GET with everything in the query', async () => {
    let asked = '';
    const { url } = await serve((request, response) => {
      asked = `${request.method} ${request.url}`;
      response.end('{"errcode":0,"userid":"user123"}');
    });
    const got = await ask(url, { query: { access_token: 'a+b/c=', userid: 'user 123&x' } });
    expect(got).toEqual({ errcode: 0, userid: 'user123' });
    expect(asked).toBe('GET /cgi-bin/user/get?access_token=a%2Bb%2Fc%3D&userid=user+123%26x');
  });

  it('asks by POST with a JSON body where there is one', async () => {
    let asked: unknown;
    const { url } = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      asked = [request.method, request.headers['content-type'], String(Buffer.concat(chunks))];
      response.end('{}');
    });
    await ask(url, { body: { user_ticket: '票' } });
    expect(asked).toEqual(['POST', 'application/json', '{"user_ticket":"票"}']);
  });

  it('keeps its connection', async () => {
    const { url, connections } = await serve(answer('{}'));
    const client = createWecomClient(url, systemClock);
    for (let i = 0; i < 3; i++) await client(CALL, createInvocation());
    expect(connections()).toBe(1);
  });

  it('leaves a connection behind that was idle for longer than ten seconds', async () => {
    const { url, connections } = await serve(answer('{}'));
    let now = 0;
    const client = createWecomClient(url, { ...systemClock, now: () => now });
    const invocation = createInvocation();
    await client(CALL, invocation);
    now += 10_001;
    await client(CALL, invocation);
    expect(connections()).toBe(2);
  });

  it('adds up the time it waited', async () => {
    const { url } = await serve(answer('{}'));
    const invocation = createInvocation();
    await createWecomClient(url, systemClock)(CALL, invocation);
    expect(invocation.waits).toHaveLength(1);
  });
});

describe('an answer ends in exactly one of four errors:', () => {
  it.each([
    ['an errcode', '{"errcode":60011,"errmsg":"no privilege"}', 'ERR_WECOM_ERRCODE'],
    ['an errcode in quotes', '{"errcode":"60011","errmsg":"no"}', 'ERR_WECOM_ERRCODE'],
    ['an errcode without errmsg', '{"errcode":60011}', 'ERR_WECOM_ERRCODE'],
    ['an errcode that is no number', '{"errcode":"many"}', 'ERR_WECOM_BAD_BODY'],
    ['an errcode that is null', '{"errcode":null}', 'ERR_WECOM_BAD_BODY'],
    ['an errcode with a fraction', '{"errcode":1.5}', 'ERR_WECOM_BAD_BODY'],
    ['no JSON', '<html></html>', 'ERR_WECOM_BAD_BODY'],
    ['nothing', '', 'ERR_WECOM_BAD_BODY'],
    ['an array', '[]', 'ERR_WECOM_BAD_BODY'],
    ['null', 'null', 'ERR_WECOM_BAD_BODY'],
  ])('%s', async (_what, body, code) => {
    const { url } = await serve(answer(body));
    await expect(ask(url)).rejects.toMatchObject({ code });
  });

  it.each([301, 302, 400, 404, 429, 500, 502])('HTTP %i', async (status) => {
    const { url } = await serve((_request, response) =>
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('{}'),
    );
    await expect(ask(url)).rejects.toMatchObject({ code: 'ERR_WECOM_BAD_STATUS', status });
  });

  it('more than a mebibyte, where the call does not say how much WeCom may answer', async () => {
    const { url } = await serve(answer(`{"a":"${'x'.repeat(1024 * 1024)}"}`));
    const limit = 1024 * 1024;
    const details = { api: 'user/get', limit };
    await expect(ask(url)).rejects.toMatchObject({ code: 'ERR_WECOM_BAD_BODY', details });
    await expect(ask(url, { maxAnswerBytes: 2 * limit })).resolves.toHaveProperty('a');
  });

  it('a tag of 100 000 members with the longest userids and names is an answer', async () => {
    const name = '张'.repeat(64);
    const userlist = Array.from({ length: 100_000 }, (_, at) => ({
      userid: String(at).padStart(64, 'u'),
      name,
    }));
    const { url } = await serve(answer(JSON.stringify({ errcode: 0, userlist, partylist: [] })));
    const tag = await getTag(createWecomClient(url, hurriedClock), 7, createInvocation());
    expect(tag.userids).toHaveLength(100_000);
  });

  it('a server that is not there', async () => {
    await expect(ask('http://127.0.0.1:9')).rejects.toMatchObject({
      code: 'ERR_WECOM_TRANSPORT',
      details: { cause: 'ECONNREFUSED' },
      mayHaveArrived: false,
    });
  });

  it('a server that takes the connection and never speaks TLS', async () => {
    const server = createTcpServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(ask(`https://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'ERR_WECOM_TRANSPORT',
      details: { phase: 'connect' },
      connectionBroke: false,
      mayHaveArrived: false,
    });
  });

  it('an answer that comes after the deadline of the request', async () => {
    const { url } = await serve(() => undefined);
    await expect(askBeforeTheEnd(url, () => 950)).rejects.toMatchObject({
      code: 'ERR_WECOM_TRANSPORT',
      details: { phase: 'call' },
      connectionBroke: false,
      mayHaveArrived: true,
    });
  });

  it('no time left: WeCom is not asked', async () => {
    const { url, connections } = await serve(answer('{}'));
    for (const late of [1_000, 1_001]) {
      await expect(askBeforeTheEnd(url, () => late)).rejects.toMatchObject({
        code: 'ERR_WECOM_TRANSPORT',
        message: 'No time left to call WeCom',
        connectionBroke: false,
        mayHaveArrived: false,
      });
    }
    expect(connections()).toBe(0);
  });
});

describe('a question is asked again', () => {
  function failing(times: number, body = '{"errcode":-1,"errmsg":"system busy"}') {
    let asked = 0;
    const listener: RequestListener = (_request, response) => {
      asked += 1;
      response.end(asked <= times ? body : '{"errcode":0}');
    };
    return { listener, asked: () => asked };
  }

  it('at most three times when WeCom is busy', async () => {
    const busy = failing(3);
    const { url } = await serve(busy.listener);
    await expect(ask(url, { idempotent: false })).resolves.toEqual({ errcode: 0 });
    expect(busy.asked()).toBe(4);
  });

  it('not past the deadline', async () => {
    const busy = failing(9);
    const { url } = await serve(busy.listener);
    const now = () => (busy.asked() === 0 ? 0 : 901);
    await expect(askBeforeTheEnd(url, now)).rejects.toMatchObject({ errcode: -1 });
    expect(busy.asked()).toBe(1);
  });

  it('not for any other errcode', async () => {
    const limited = failing(9, '{"errcode":45009,"errmsg":"api freq out of limit"}');
    const { url } = await serve(limited.listener);
    await expect(ask(url)).rejects.toMatchObject({ errcode: 45009 });
    expect(limited.asked()).toBe(1);
  });

  it('once when the connection broke and it may be repeated', async () => {
    let asked = 0;
    const { url } = await serve((request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else response.end('{"errcode":0}');
    });
    await expect(ask(url)).resolves.toEqual({ errcode: 0 });
    expect(asked).toBe(2);
  });

  it('never when the connection broke and it spends a code', async () => {
    let asked = 0;
    const { url } = await serve((request) => {
      asked += 1;
      request.socket.destroy();
    });
    await expect(ask(url, { idempotent: false })).rejects.toMatchObject({
      code: 'ERR_WECOM_TRANSPORT',
      mayHaveArrived: true,
    });
    expect(asked).toBe(1);
  });
});

describe('an error of the client', () => {
  const TAIL = ', hint: [1795415817602000000000000], from ip: 203.0.113.9, more info at https://x';

  it('drops the hint of an errmsg, and keeps our address for the operator', async () => {
    const { url } = await serve(
      answer(JSON.stringify({ errcode: 60020, errmsg: `not allow to access from your ip${TAIL}` })),
    );
    await expect(ask(url)).rejects.toMatchObject({
      errmsg: 'not allow to access from your ip',
      details: { fromIp: '203.0.113.9', api: 'user/get' },
    });
  });

  it.each([
    'invalid code',
    `invalid code${TAIL}`,
    'invalid code,hint:[1530000000_1_0123456789abcdef], from ip:203.0.113.9',
    'invalid code, from ip: 203.0.113.9, more info at https://x',
    'invalid code hint: [1] from ip: , more info at https://x',
    'invalid code, more info at https://x',
  ])('drops every form of that tail: %s', async (errmsg) => {
    const { url } = await serve(answer(JSON.stringify({ errcode: 40029, errmsg })));
    await expect(ask(url)).rejects.toMatchObject({ errmsg: 'invalid code' });
  });

  it('drops what an errmsg quotes of our secrets', async () => {
    const errmsg = 'invalid string value `CANARY-CODE-0123`, ticket CANARY+TICKET/01. not found';
    const { url } = await serve(answer(JSON.stringify({ errcode: 40029, errmsg })));
    const query = { access_token: 'x', code: 'CANARY-CODE-0123' };
    const body = { user_ticket: 'CANARY+TICKET/01' };
    const error = await ask(url, { query, body }).catch((caught) => caught);
    expect(error.errmsg).toBe('invalid string value `…`, ticket …. not found');
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain('CANARY');
  });

  it.each([
    ['a short code', 'invalid code: abc123', 'invalid code: …'],
    ['a percent-encoded ticket', 'bad ticket TICKET%2B%2FCANARY%3D', 'bad ticket …'],
    ['a token that was cut', 'bad token: CANARY-TOKEN-01..., hint: [1]', 'bad token: …...'],
    ['a piece of a token', 'bad token near "TOKEN-0123"', 'bad token near "…"'],
    ['a userid stays', 'userid zhangsan@corp not found', 'userid zhangsan@corp not found'],
  ])('%s', async (_what, errmsg, shown) => {
    const { url } = await serve(answer(JSON.stringify({ errcode: 40029, errmsg })));
    const query = { access_token: 'CANARY-TOKEN-0123', code: 'abc123', userid: 'zhangsan@corp' };
    const body = { user_ticket: 'TICKET+/CANARY=' };
    const error = await ask(url, { query, body }).catch((caught) => caught);
    expect(error.errmsg).toBe(shown);
  });

  it.each<[unknown]>([[null], [5], [{}], [{ toString: 1 }], [['x']]])(
    'is empty for an errmsg of another type: %j',
    async (errmsg) => {
      const { url } = await serve(answer(JSON.stringify({ errcode: 40029, errmsg })));
      await expect(ask(url)).rejects.toMatchObject({ errcode: 40029, errmsg: '' });
    },
  );

  it('is counted where WeCom refuses our address, with the address to list', async () => {
    const body =
      '{"errcode":60020,"errmsg":"not allow to access from your ip, from ip: 203.0.113.9"}';
    const { url } = await serve(answer(body));
    const invocation = createInvocation();
    await createWecomClient(url, hurriedClock)(CALL, invocation).catch(() => undefined);
    expect(invocation.lines).toMatchObject([
      { level: 'WARN', CallerIpRefused: 1, fromIp: '203.0.113.9', advice: expect.any(String) },
    ]);
  });

  it('bounds what an errmsg can bring', async () => {
    const { url } = await serve(answer(JSON.stringify({ errcode: 1, errmsg: 'x'.repeat(9_999) })));
    const error = await ask(url).catch((caught) => caught);
    expect(error.errmsg).toHaveLength(200);
  });

  it.each(['http://127.0.0.1:9', undefined])(
    'never holds the token or the secret',
    async (dead) => {
      const url = dead ?? (await serve((request) => request.socket.destroy())).url;
      const query = { access_token: 'CANARY-TOKEN', corpsecret: 'CANARY-SECRET' };
      const error = await ask(url, { query }).catch((caught) => caught);
      expect(JSON.stringify([error, error.message, error.stack, error.cause ?? ''])).not.toContain(
        'CANARY',
      );
    },
  );
});
