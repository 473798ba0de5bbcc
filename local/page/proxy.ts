import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { mayBeFailedInvocation, readInvocation } from './failedInvocation.ts';

export interface Proxy {
  pass(incoming: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

/**
 * Forwards requests and responses unchanged and streams their bodies. If a function fails to run, the
 * response is that of API Gateway.
 *
 * @param onFailed gets the error of a function that failed to run
 */
export function createProxy(target: string, onFailed: (problem: string) => void): Proxy {
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
          if (mayBeFailedInvocation(answer)) {
            passInvocation(answer, response, onFailed).catch(() => response.destroy());
            return;
          }
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
      // The client disconnected, so the gateway can stop too.
      response.on('close', () => onward.destroy());
      incoming.pipe(onward);
    },
    close: () => agent.destroy(),
  };
}

async function passInvocation(
  answer: IncomingMessage,
  response: ServerResponse,
  onFailed: (problem: string) => void,
): Promise<void> {
  const { body, problem } = await readInvocation(answer);
  if (problem === undefined) {
    response.writeHead(200, answer.rawHeaders).end(body);
    return;
  }
  onFailed(problem);
  response.writeHead(500, { 'content-type': 'application/json' });
  response.end('{"message":"Internal Server Error"}');
}
