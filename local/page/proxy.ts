import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { mayBeFailedInvocation, readInvocation } from './failedInvocation.ts';

export interface Proxy {
  /** @param path other than the incoming one */
  pass(incoming: IncomingMessage, response: ServerResponse, path?: string): void;
  close(): void;
}

/**
 * Forwards requests and responses unchanged and streams their bodies.
 *
 * @param onFailed for a target that runs functions: if one fails to run, the response is that of API
 * Gateway, and this gets the error
 */
export function createProxy(target: string, onFailed?: (problem: string) => void): Proxy {
  // No connection is used twice: the gateway closes one that waits, and a request that comes at that moment
  // would fail with 502.
  const agent = new Agent({ keepAlive: false });
  const { hostname, port } = new URL(target);
  return {
    pass(incoming, response, path = incoming.url) {
      const onward = request(
        {
          hostname: hostname.replace(/^\[|\]$/g, ''),
          port,
          agent,
          method: incoming.method,
          path,
          headers: incoming.headers,
        },
        (answer) => {
          if (onFailed && mayBeFailedInvocation(answer)) {
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
        response.end(JSON.stringify({ code: -1, message: '本地服务没有响应' }));
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
