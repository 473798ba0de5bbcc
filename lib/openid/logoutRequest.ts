import { lookup as lookUp } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { LogoutReach } from '../configuration.ts';
import { isWithin, literalAddress } from './networkAddress.ts';

/** The host of a client's address is, or resolves to, an IP address that no logout token may go to. */
class AddressNotAllowed extends Error {
  override readonly name = 'AddressNotAllowed';
}

/**
 * A `fetch` with which the OpenID library sends logout tokens. Unlike the global one it checks the IP
 * address while it connects, because a host name that was checked before may resolve to another one by
 * then. It follows no redirect and reads no body.
 *
 * @param reach of the stage
 * @throws AddressNotAllowed, an AbortError after the caller's time limit, and errors of the connection
 */
export function createLogoutFetch(reach: LogoutReach) {
  const lookup: LookupFunction = (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => isWithin(address, reach));
      const [first] = allowed;
      if (first === undefined) return callback(new AddressNotAllowed('not allowed'), []);
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };

  return async function fetchWithin(input: unknown, init: RequestInit = {}): Promise<Response> {
    const url = new URL(String(input));
    // Node.js does not look up a host that is an IP address.
    const literal = literalAddress(url.hostname);
    if (literal !== undefined && !isWithin(literal, reach))
      throw new AddressNotAllowed('not allowed');
    const { method = 'GET', signal } = init;
    const body = String(init.body ?? '');
    const headers = {
      ...Object.fromEntries(new Headers(init.headers)),
      'content-length': String(Buffer.byteLength(body)),
    };
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(url, {
        method,
        headers,
        lookup,
        agent: false,
        ...(signal && { signal }),
      });
      request.on('error', reject);
      const answer = (response: IncomingMessage) => {
        response.socket.destroy();
        // A program may send any status; Response takes 200 to 599.
        const { statusCode: status = 0 } = response;
        resolve(new Response(null, { status: status < 200 || status > 599 ? 502 : status }));
      };
      request.on('response', answer);
      // Without a listener Node.js closes the connection, and the promise stays pending.
      request.on('upgrade', answer);
      request.end(body);
    });
  };
}
