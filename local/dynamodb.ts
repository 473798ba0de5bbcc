import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import dynalite from 'dynalite';
import { refusesPages, urlOf } from './standIn.ts';

/** The running embedded DynamoDB. */
export interface DynamoDb {
  readonly url: string;
  /** Completes running operations, closes connections, writes the data and releases the directory. */
  close(): Promise<void>;
}

export interface DynamoDbOptions {
  /** Default 0: any free port. */
  port?: number;
  host?: string;
  /** Stores the data between runs; default: in memory. */
  directory?: string;
}

/**
 * Starts an embedded DynamoDB (dynalite 4: no transactions, no PartiQL, no deletion by TTL).
 *
 * @throws an Error with the `code` `EADDRINUSE` if the port is in use, or `LEVEL_LOCKED` if another
 *   process uses the directory
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
    // dynalite releases its directory only if the closed server has listened before.
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

/** Opens the directory once, because dynalite would throw later where nothing can catch the error. */
async function claimDirectory(directory: string): Promise<void> {
  // Only this user may read it, because it holds access tokens.
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

const IDLE_TIMEOUT_MS = 2_000;

/**
 * Wraps dynalite's request handler. Without it, dynalite throws (and ends the process) if a client
 * disconnects during a request or the data is closed during an operation, and any web page can read
 * the responses.
 *
 * @returns a function that waits until no operation is running, for two seconds at most
 */
function guardRequests(server: Server): () => Promise<void> {
  const [handle] = server.listeners('request');
  if (handle === undefined) throw new Error('dynalite has no request handler');
  server.removeAllListeners('request');

  let running = 0;
  let becameIdle: (() => void) | undefined;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (refusesPages(request, response)) return;
    request.once('end', () => {
      running += 1;
      // The response's events do not show this: an operation continues after its client disconnects.
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
      const timer = setTimeout(resolveIdle, IDLE_TIMEOUT_MS);
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
