import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLogoutFetch } from '../../../lib/openid/logoutRequest.ts';
import { serve } from '../../harness/serve.ts';

/** Answers whatever is sent with these very characters, and keeps the connection. */
async function serveRaw(answer: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(answer));
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const post = { method: 'POST', headers: { 'x-a': 'b' }, body: 'logout_token=x' };

describe('a logout request', () => {
  it('is what the library asked for', async () => {
    const seen: unknown[] = [];
    const { url } = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      seen.push(
        request.method,
        request.url,
        request.headers['x-a'],
        Buffer.concat(chunks).toString(),
      );
      response.writeHead(204).end();
    });
    const response = await createLogoutFetch('loopback')(`${url}/out?client=1`, post);
    expect(response.status).toBe(204);
    expect(seen).toEqual(['POST', '/out?client=1', 'b', 'logout_token=x']);
  });

  it.each([
    ['public', '127.0.0.1'],
    ['private', '127.0.0.1'],
    ['public', 'localhost'],
    ['private', 'localhost'],
    ['private', '[::1]'],
    ['private', '2130706433'],
    ['private', '0x7f.1'],
  ] as const)('of a stage that reaches %s addresses never arrives at %s', async (reach, host) => {
    const server = await serve((_, response) => response.end());
    const { port } = new URL(server.url);
    const sent = createLogoutFetch(reach)(`http://${host}:${port}/`, post);
    await expect(sent).rejects.toMatchObject({ name: 'AddressNotAllowed' });
    expect(server.connections()).toBe(0);
  });

  it('follows no redirect', async () => {
    const target = await serve((_, response) => response.end());
    const { url } = await serve((_, response) =>
      response.writeHead(307, { location: target.url }).end(),
    );
    expect((await createLogoutFetch('loopback')(url, post)).status).toBe(307);
    expect(target.connections()).toBe(0);
  });

  it('reads no body, of whatever size', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200);
      const more = () => response.write(Buffer.alloc(65_536), () => response.destroyed || more());
      more();
    });
    const response = await createLogoutFetch('loopback')(url, post);
    expect(await response.text()).toBe('');
  });

  it('ends with the time limit of the library', async () => {
    const { url } = await serve(() => {});
    const sent = createLogoutFetch('loopback')(url, { ...post, signal: AbortSignal.timeout(50) });
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each([
    ['999 Denied', 502],
    ['600 Odd', 502],
    ['599 Odd', 599],
    ['000 Odd', 502],
    ['304 Not Modified', 304],
  ])('takes any status that a program answers: %s', async (line, status) => {
    const url = await serveRaw(`HTTP/1.1 ${line}\r\n\r\n`);
    expect((await createLogoutFetch('loopback')(url, post)).status).toBe(status);
  });

  it.each(['101 Switching Protocols', '100 Continue', '103 Early Hints'])(
    'ends where a program answers %s and no more',
    async (line) => {
      const url = await serveRaw(`HTTP/1.1 ${line}\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n`);
      const sent = createLogoutFetch('loopback')(url, {
        ...post,
        signal: AbortSignal.timeout(500),
      });
      const outcome = sent.then(
        ({ status }) => status,
        (error: Error) => error.name,
      );
      expect([502, 'AbortError']).toContain(await outcome);
    },
  );

  it('fails with the name of what failed', async () => {
    const sent = createLogoutFetch('loopback')('http://127.0.0.1:9/', post);
    await expect(sent).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
