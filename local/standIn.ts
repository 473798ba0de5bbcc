import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isFromOtherSite } from './otherSites.ts';

/*
 * What the stand-ins of AWS's services have in common.
 */

/**
 * No page may read or change what is here: not one with an origin, which SDKs do not send, and not one
 * under a name that was rebound to this machine.
 */
export function refusesPages(request: IncomingMessage, response: ServerResponse): boolean {
  const { origin } = request.headers;
  if (origin === undefined && !isFromOtherSite(request, { origins: [] })) return false;
  response.writeHead(403, { connection: 'close' }).end();
  return true;
}

/** A server on this machine. */
export interface StandIn {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a server that only SDKs may ask.
 *
 * @param answer rejects where no answer can be given; the connection then ends
 * @param port 0: any free one
 */
export async function startStandIn(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  { port = 0, host = '127.0.0.1' }: { readonly port?: number; readonly host?: string } = {},
): Promise<StandIn> {
  const server = createServer((request, response) => {
    if (refusesPages(request, response)) return;
    answer(request, response).catch(() => request.socket.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening');
  return { url: urlOf(server), close: () => closeServer(server) };
}

/** Where the server listens. */
export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * @returns the body; nothing if it is longer. Reads to the end without keeping the rest, so that the
 *   client can read the response
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxBytes) chunks.push(chunk);
    if (length > 64 * maxBytes) throw new Error('the request body is too large');
  }
  return length > maxBytes ? undefined : Buffer.concat(chunks);
}
