import { once } from 'node:events';
import { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

/** A server that listens on this machine. */
export interface Listening {
  readonly url: string;
  /** Also ends the open connections of an HTTP server. */
  close(): Promise<void>;
}

/** Longer than a client keeps a connection that it does not use: it would send a request into the end. */
const KEEP_ALIVE_MS = 75_000;

/** @param port default: any free port */
export async function listen(server: Server, port = 0): Promise<Listening> {
  if (server instanceof HttpServer) server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if (server instanceof HttpServer) server.closeAllConnections();
      }),
  };
}
