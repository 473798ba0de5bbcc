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

/** The same, with a deadline at 1 000 ms by this clock. */
function askBeforeTheEnd(url: string, now: () => number): Promise<WecomAnswer> {
  return createWecomClient(url, { ...hurriedClock, now })(CALL, createInvocation(1_000));
}

describe('a call of WeCom', () => {
  it('is a GET with everything in the query', async () => {
    let asked = '';
    const { url } = await serve((request, response) => {
      asked = `${request.method} ${request.url}`;
      response.end('{"errcode":0,"userid":"user123"}');
    });
    const got = await ask(url, { query: { access_token: 'a+b/c=', userid: 'user 123&x' } });
    expect(got).toEqual({ errcode: 0, userid: 'user123' });
    expect(asked).toBe('GET /cgi-bin/user/get?access_token=a%2Bb%2Fc%3D&userid=user+123%26x');
  });

  it('is a POST if it has a body, which is sent as JSON', async () => {
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

  it('reports how long it waited', async () => {
    const { url } = await serve(answer('{}'));
    const invocation = createInvocation();
    await createWecomClient(url, systemClock)(CALL, invocation);
    expect(invocation.waitsMs).toHaveLength(1);
  });
});

describe('a call fails with exactly one of four errors:', () => {
  it.each([
    ['an errcode', '{"errcode":60011,"errmsg":"no privilege"}', 'ERR_WECOM_ERRCODE'],
    ['no JSON', '<html></html>', 'ERR_WECOM_BAD_BODY'],
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

  it('an answer of more than 1 MiB, unless the call allows more', async () => {
    const { url } = await serve(answer(`{"a":"${'x'.repeat(1024 * 1024)}"}`));
    const limit = 1024 * 1024;
    const details = { api: 'user/get', limit };
    await expect(ask(url)).rejects.toMatchObject({ code: 'ERR_WECOM_BAD_BODY', details });
    await expect(ask(url, { maxAnswerBytes: 2 * limit })).resolves.toHaveProperty('a');
  });

  it('not a tag of 100 000 members with the longest userids and names', async () => {
    const name = '张'.repeat(64);
    const userlist = Array.from({ length: 100_000 }, (_, at) => ({
      userid: String(at).padStart(64, 'u'),
      name,
    }));
    const { url } = await serve(answer(JSON.stringify({ errcode: 0, userlist, partylist: [] })));
    const tag = await getTag(createWecomClient(url, hurriedClock), 7, createInvocation());
    expect(tag.userids).toHaveLength(100_000);
  });

  it('a refused connection', async () => {
    await expect(ask('http://127.0.0.1:9')).rejects.toMatchObject({
      code: 'ERR_WECOM_TRANSPORT',
      details: { cause: 'ECONNREFUSED' },
      mayHaveArrived: false,
    });
  });

  it('a connection without a TLS handshake', async () => {
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

  it('an answer after the deadline', async () => {
    const { url } = await serve(() => undefined);
    await expect(askBeforeTheEnd(url, () => 950)).rejects.toMatchObject({
      code: 'ERR_WECOM_TRANSPORT',
      details: { phase: 'call' },
      connectionBroke: false,
      mayHaveArrived: true,
    });
  });

  it('no time left: nothing is sent', async () => {
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

describe('a call is repeated', () => {
  function failing(times: number, body = '{"errcode":-1,"errmsg":"system busy"}') {
    let asked = 0;
    const listener: RequestListener = (_request, response) => {
      asked += 1;
      response.end(asked <= times ? body : '{"errcode":0}');
    };
    return { listener, asked: () => asked };
  }

  it('at most three times if WeCom is busy', async () => {
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

  it('once if the connection broke and it is idempotent', async () => {
    let asked = 0;
    const { url } = await serve((request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else response.end('{"errcode":0}');
    });
    await expect(ask(url)).resolves.toEqual({ errcode: 0 });
    expect(asked).toBe(2);
  });

  it('never if the connection broke and it is not idempotent', async () => {
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

describe('an error of a call', () => {
  const TAIL = ', hint: [1795415817602000000000000], from ip: 203.0.113.9, more info at https://x';

  it('drops the hint of an errmsg, and keeps our IP for the operator', async () => {
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

  it('drops the secrets that an errmsg quotes', async () => {
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
    'has an empty errmsg if WeCom sends another type: %j',
    async (errmsg) => {
      const { url } = await serve(answer(JSON.stringify({ errcode: 40029, errmsg })));
      await expect(ask(url)).rejects.toMatchObject({ errcode: 40029, errmsg: '' });
    },
  );

  it('is in a metric if WeCom refuses our IP, with the IP to list', async () => {
    const body =
      '{"errcode":60020,"errmsg":"not allow to access from your ip, from ip: 203.0.113.9"}';
    const { url } = await serve(answer(body));
    const invocation = createInvocation();
    await createWecomClient(url, hurriedClock)(CALL, invocation).catch(() => undefined);
    expect(invocation.lines).toMatchObject([
      { level: 'WARN', CallerIpRefused: 1, fromIp: '203.0.113.9', advice: expect.any(String) },
    ]);
  });

  it('has at most 200 characters of an errmsg', async () => {
    const { url } = await serve(answer(JSON.stringify({ errcode: 1, errmsg: 'x'.repeat(9_999) })));
    const error = await ask(url).catch((caught) => caught);
    expect(error.errmsg).toHaveLength(200);
  });

  it('never holds the token or the secret', async () => {
    const broken = await serve((request) => request.socket.destroy());
    for (const url of ['http://127.0.0.1:9', broken.url]) {
      const query = { access_token: 'CANARY-TOKEN', corpsecret: 'CANARY-SECRET' };
      const error = await ask(url, { query }).catch((caught) => caught);
      expect(error).toMatchObject({ code: 'ERR_WECOM_TRANSPORT' });
      expect(JSON.stringify([error, error.message, error.stack, error.cause ?? ''])).not.toContain(
        'CANARY',
      );
    }
  });
});
