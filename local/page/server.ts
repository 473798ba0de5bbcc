import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isFromOtherSite, refuseOtherSite } from '../otherSites.ts';
import { pageFiles } from './files.ts';
import { createProxy } from './proxy.ts';

export interface Front {
  /** What a person opens, such as `http://localhost:3000`. */
  readonly url: string;
  close(): Promise<void>;
}

export interface FrontOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Default 127.0.0.1: nobody but this machine. */
  readonly host?: string;
  /** Where the API Gateway listens, such as `http://127.0.0.1:3001`. */
  readonly gatewayUrl: string;
  /** Pages elsewhere that may ask the API; see otherSites.ts. Default: none. */
  readonly origins?: readonly string[];
  /** The emulator, for the page's link to it; left out where the real WeCom is used. */
  readonly emulatorUrl?: string | undefined;
  /** Hears in one line of a function that could not be run. */
  readonly onFailed?: (problem: string) => void;
}

/**
 * What a person meets on `PORT`: the demonstration page at `/` with its few files, the description
 * of the API at `/openapi.yaml` and `/openapi.json`, and behind everything else the API itself,
 * passed on unchanged. Requests of other websites' pages are refused. Where serverless-offline could
 * not run a function, it answers as API Gateway does.
 *
 * @throws an Error whose `code` is `EADDRINUSE` where the port is taken
 *
 * @example
 * const front = await startFront({ port: 3000, gatewayUrl: 'http://127.0.0.1:3001', emulatorUrl: wecom.url });
 * await front.close();
 */
export async function startFront(options: FrontOptions): Promise<Front> {
  const { port, host = '127.0.0.1', gatewayUrl, origins = [], emulatorUrl, onFailed } = options;
  const files = pageFiles({ emulatorUrl });
  const proxy = createProxy(gatewayUrl, (problem) => onFailed?.(problem));

  const server = createServer((request, response) => {
    if (isFromOtherSite(request, origins)) return refuseOtherSite(response);
    const [path = '/'] = (request.url ?? '/').split('?');
    const file = request.method === 'GET' || request.method === 'HEAD' ? files[path] : undefined;
    if (file === undefined) return proxy.pass(request, response);
    file().then(
      ({ headers, body }) => {
        response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) });
        response.end(request.method === 'HEAD' ? undefined : body);
      },
      (error: unknown) => broken(response, error),
    );
  });
  server.listen(port, host);
  await once(server, 'listening');

  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      proxy.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Whoever edits the page sees at once what does not compile. */
function broken(response: ServerResponse, error: unknown): void {
  response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(String(error));
}
