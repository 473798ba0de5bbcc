import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface Proxy {
  pass(incoming: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

/** Passes a request on as it is, and its answer back as it is: method, headers, bodies as streams. */
export function createProxy(target: string): Proxy {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(target);
  return {
    pass(incoming, response) {
      const onward = request(
        {
          hostname: hostname.replace(/^\[|\]$/g, ''),
          port,
          agent,
          method: incoming.method,
          path: incoming.url,
          headers: incoming.headers,
        },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
          answer.pipe(response);
          answer.on('error', () => response.destroy());
        },
      );
      onward.on('error', () => {
        if (response.headersSent) {
          response.destroy();
          return;
        }
        response.writeHead(502, { 'content-type': 'application/json; charset=utf-8' });
        response.end(JSON.stringify({ code: -1, message: '本地网关没有响应' }));
      });
      // A visitor who left: the gateway need not go on either.
      response.on('close', () => onward.destroy());
      incoming.pipe(onward);
    },
    close: () => agent.destroy(),
  };
}
