import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import {
  ConnectionFailed,
  createTransport,
  type TransportRequest,
} from '../../../lib/wecom/transport.ts';
import { serve } from '../../harness/serve.ts';

const REQUEST: TransportRequest = { path: '/', maxAnswerBytes: 1_000 };
const LONG = 10_000;

const open = (url: string, clock = systemClock) => createTransport(url, clock);

async function failure(listener: RequestListener, milliseconds = LONG) {
  const { url } = await serve(listener);
  const error = await open(url)(REQUEST, milliseconds).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConnectionFailed);
  return error as ConnectionFailed;
}

describe('a request', () => {
  it('is answered with the status and the text, whatever the status', async () => {
    const { url } = await serve((_request, response) => response.writeHead(418).end('茶'));
    expect(await open(url)(REQUEST, LONG)).toEqual({ status: 418, text: '茶' });
  });

  it('follows no redirect', async () => {
    const location = 'http://127.0.0.1:9/';
    const { url } = await serve((_request, response) =>
      response.writeHead(302, { location }).end(),
    );
    expect(await open(url)(REQUEST, LONG)).toMatchObject({ status: 302 });
  });

  it('keeps the path prefix of a proxy', async () => {
    const { url } = await serve((request, response) => response.end(request.url));
    const answer = await open(`${url}/proxy`)({ ...REQUEST, path: '/cgi-bin/x?y=1' }, LONG);
    expect(answer.text).toBe('/proxy/cgi-bin/x?y=1');
  });
});

describe('a request without an answer fails', () => {
  it('with the code of a broken connection', async () => {
    const error = await failure((request) => request.socket.destroy());
    expect(error).toMatchObject({ why: 'broken', code: 'ECONNRESET', reusedSocket: false });
  });

  it('at its timeout, also in the middle of the answer', async () => {
    expect(await failure(() => undefined, 20)).toMatchObject({ why: 'timeout' });
    const error = await failure((_request, response) => void response.write('half'), 20);
    expect(error).toMatchObject({ why: 'timeout' });
  });

  it('if the answer is cut off', async () => {
    const error = await failure((_request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('half', () => response.destroy());
    });
    expect(error).toMatchObject({ why: 'broken' });
  });

  it('if the server switches to another protocol', async () => {
    const closed = Promise.withResolvers<void>();
    const error = await failure((request) => {
      request.socket.on('close', closed.resolve);
      request.socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
      );
    });
    expect(error).toMatchObject({ why: 'broken', code: 'upgrade' });
    await closed.promise;
  });

  it('if the answer is longer than the limit', async () => {
    const { url } = await serve((request, response) =>
      response.end('x'.repeat(Number(request.url?.slice(1)))),
    );
    const send = open(url);
    expect((await send({ ...REQUEST, path: '/1000' }, LONG)).text).toHaveLength(1_000);
    const tooLong = send({ ...REQUEST, path: '/1001' }, LONG);
    await expect(tooLong).rejects.toMatchObject({ why: 'too-long' });
  });

  it('with an error that holds nothing of the request', async () => {
    const { url } = await serve((request) => request.socket.destroy());
    const request = { ...REQUEST, path: '/?access_token=CANARY', body: 'CANARY' };
    const error = await open(url)(request, LONG).catch((thrown: unknown) => thrown);
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('CANARY');
    expect((error as Error).cause).toBeUndefined();
  });
});

describe('a connection', () => {
  const answer: RequestListener = (_request, response) => response.end();

  it('is kept for the next request', async () => {
    const { url, connections } = await serve(answer);
    const send = open(url);
    for (let n = 0; n < 3; n += 1) await send(REQUEST, LONG);
    expect(connections()).toBe(1);
  });

  it('is not used after more than ten idle seconds, because it may have died in a frozen Lambda', async () => {
    const { url, connections } = await serve(answer);
    let now = 0;
    const send = open(url, { ...systemClock, now: () => now });
    await send(REQUEST, LONG);
    now += 10_000;
    await send(REQUEST, LONG);
    expect(connections()).toBe(1);
    now += 10_001;
    await send(REQUEST, LONG);
    expect(connections()).toBe(2);
  });

  it('that idled while another was busy is not used either', async () => {
    // As a NAT gateway does: it resets what idled for 350 s at the next byte.
    let now = 0;
    const lastUse = new WeakMap<object, number>();
    const { url, connections } = await serve((request, response) => {
      const idle = now - (lastUse.get(request.socket) ?? now);
      if (idle > 350_000) return void request.socket.resetAndDestroy();
      lastUse.set(request.socket, now);
      response.end();
    });
    const send = open(url, { ...systemClock, now: () => now });
    await Promise.all([send(REQUEST, LONG), send(REQUEST, LONG)]);
    for (; now <= 400_000; now += 5_000) await send(REQUEST, LONG);
    expect(connections()).toBe(2);
    await Promise.all([send(REQUEST, LONG), send(REQUEST, LONG)]);
    expect(connections()).toBe(3);
  });

  it('that was dead has all idle ones closed, and the next request opens a new one', async () => {
    let dying = false;
    const { url, connections } = await serve((request, response) => {
      if (dying) request.socket.destroy();
      else response.end();
    });
    const send = open(url);
    await Promise.all([send(REQUEST, LONG), send(REQUEST, LONG), send(REQUEST, LONG)]);
    expect(connections()).toBe(3);
    dying = true;
    await expect(send(REQUEST, LONG)).rejects.toMatchObject({ why: 'broken', reusedSocket: true });
    dying = false;
    await send(REQUEST, LONG);
    expect(connections()).toBe(4);
  });
});
