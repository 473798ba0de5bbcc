import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import dynalite from 'dynalite';

/** Where the embedded DynamoDB listens, and how to stop it. */
export interface DynamoDb {
  readonly url: string;
  /** Answers what is under way, drops open connections, writes the data and lets go of the directory. */
  close(): Promise<void>;
}

export interface DynamoDbOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  host?: string;
  /** Where the data is kept between runs; omitted, it lives in memory. */
  directory?: string;
}

/**
 * Starts an embedded DynamoDB (dynalite 4: no transactions, no PartiQL, no deletion by TTL).
 *
 * Rejects with an Error whose `code` is `EADDRINUSE` where the port is taken, and `LEVEL_LOCKED`
 * where another process has the directory open.
 */
export async function startDynamoDb(options: DynamoDbOptions = {}): Promise<DynamoDb> {
  const { port = 0, host = '127.0.0.1', directory } = options;
  if (directory !== undefined) await claimDirectory(directory);
  const server = dynalite({
    ...(directory === undefined ? {} : { path: directory }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  const idle = guardRequests(server);

  try {
    await listen(server, port, host);
  } catch (error) {
    // dynalite lets go of its directory only when a server that has listened is closed.
    await listen(server, 0, '127.0.0.1');
    await closeServer(server);
    throw error;
  }

  let closed: Promise<void> | undefined;
  return {
    url: urlOf(server),
    close() {
      closed ??= (async () => {
        await idle();
        await closeServer(server);
      })();
      return closed;
    },
  };
}

/** A directory that cannot be opened would only show later, as an exception thrown inside dynalite. */
async function claimDirectory(directory: string): Promise<void> {
  // It holds access tokens: for this user alone.
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { Level } = createRequire(import.meta.resolve('dynalite'))('level') as {
    Level: new (path: string) => { open(): Promise<void>; close(): Promise<void> };
  };
  const level = new Level(directory);
  try {
    await level.open();
    await level.close();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = (cause as NodeJS.ErrnoException).code ?? 'LEVEL_DATABASE_NOT_OPEN';
    const why = code === 'LEVEL_LOCKED' ? 'another process is using it' : String(cause);
    const failure = new Error(`cannot open the DynamoDB data in ${resolve(directory)}: ${why}`, {
      cause,
    });
    throw Object.assign(failure, { code });
  }
}

/**
 * Stands between the socket and dynalite's handler, which throws (and so ends the process) when a
 * client hangs up in mid-request or the data is closed under a running operation, and which lets
 * any web page read it. Returns what resolves once no operation is running.
 */
function guardRequests(server: Server): () => Promise<void> {
  const [handle] = server.listeners('request');
  if (handle === undefined) throw new Error('dynalite has no request handler');
  server.removeAllListeners('request');

  let running = 0;
  let becameIdle: (() => void) | undefined;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // Browsers name the page's origin; SDKs send none.
    if (request.headers.origin !== undefined) {
      response.writeHead(403, { connection: 'close' }).end();
      return;
    }
    request.once('end', () => {
      running += 1;
      // Not the response's own events: an operation goes on after its client has left.
      const end = response.end;
      response.end = ((...args: Parameters<typeof end>) => {
        running -= 1;
        if (running === 0) becameIdle?.();
        return end.apply(response, args);
      }) as typeof end;
    });
    handle.call(server, request, response);
    request.removeAllListeners('error');
    request.on('error', () => {});
  });

  return () =>
    new Promise((resolveIdle) => {
      if (running === 0) return resolveIdle();
      const timer = setTimeout(resolveIdle, 2000);
      becameIdle = () => {
        clearTimeout(timer);
        resolveIdle();
      };
    });
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  // Rejects with the server's 'error', such as EADDRINUSE.
  await once(server, 'listening');
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolveClosed, reject) => {
    server.close((error) => (error ? reject(error) : resolveClosed()));
    server.closeAllConnections();
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
