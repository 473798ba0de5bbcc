import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isFromOtherSite, type KnownSites, refuseOtherSite } from '../otherSites.ts';
import { pageFiles } from './files.ts';
import { createProxy } from './proxy.ts';

export interface Front {
  /** The page's URL, such as `http://localhost:3000`. */
  readonly url: string;
  close(): Promise<void>;
}

export interface FrontOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1: reachable from this machine only. */
  readonly host?: string;
  /** The gateway's URL, such as `http://127.0.0.1:3001`. */
  readonly gatewayUrl: string;
  /** Default: none. */
  readonly knownSites?: KnownSites;
  /** The emulator's URL, for the page's link and for its calls of the admin API; absent with the real WeCom. */
  readonly emulatorUrl?: string | undefined;
  /** The page's own client of the OpenID provider; absent: the page offers no such sign-in. */
  readonly openidClient?: string | undefined;
  /** Gets one line about each function that failed to run. */
  readonly onFailed?: (problem: string) => void;
  /** Gets each origin on this machine whose page was refused, once. */
  readonly onRefused?: (origin: string) => void;
}

/** Where the page calls the emulator's admin API, which refuses other origins. */
const EMULATOR = '/local/emulator/';

/** The origin of a page that its developer probably wants to let in. */
const ON_THIS_MACHINE = /^https?:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?$/;
const MAX_REPORTED = 10;

/**
 * Serves `PORT`: the demonstration page at `/`, the specification of the API at `/openapi.yaml` and
 * `/openapi.json`, and the API itself, forwarded unchanged; with an emulator also its admin API, for the
 * page. Requests of other websites' pages are refused.
 * If a function fails to run, the response is that of API Gateway.
 *
 * @throws an Error with the `code` `EADDRINUSE` if the port is in use
 *
 * @example
 * const front = await startFront({ port: 3000, gatewayUrl: 'http://127.0.0.1:3001', emulatorUrl: wecom.url });
 * await front.close();
 */
export async function startFront(options: FrontOptions): Promise<Front> {
  const { port, host = '127.0.0.1', gatewayUrl, onFailed } = options;
  const { knownSites = { origins: [] } } = options;
  const { emulatorUrl, openidClient } = options;
  const files = pageFiles({ emulatorUrl, openidClient });
  const proxy = createProxy(gatewayUrl, (problem) => onFailed?.(problem));
  const emulator = emulatorUrl === undefined ? undefined : createProxy(emulatorUrl);

  const reported = new Set<string>();
  function reportRefused(text: string | undefined): void {
    const origin = ON_THIS_MACHINE.exec(text ?? '')?.[0];
    if (origin === undefined || reported.has(origin) || reported.size >= MAX_REPORTED) return;
    reported.add(origin);
    options.onRefused?.(origin);
  }

  const server = createServer((request, response) => {
    if (isFromOtherSite(request, knownSites)) {
      reportRefused(request.headers.origin);
      return refuseOtherSite(response);
    }
    const { url = '/' } = request;
    if (emulator && url.startsWith(EMULATOR)) {
      return emulator.pass(request, response, `/__admin/${url.slice(EMULATOR.length)}`);
    }
    const [path = '/'] = url.split('?');
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
      emulator?.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Shows a compile error of the page to its developer. */
function broken(response: ServerResponse, error: unknown): void {
  response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(String(error));
}
