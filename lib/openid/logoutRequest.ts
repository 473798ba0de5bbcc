import { lookup as lookUp } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { LogoutReach } from '../configuration.ts';
import { isWithin, literalAddress } from './networkAddress.ts';

/** The address of a client resolves to one that no logout token goes to. */
class AddressNotAllowed extends Error {
  override readonly name = 'AddressNotAllowed';
}

/**
 * The `fetch` of the OpenID library, which sends logout tokens with it. Unlike the global one it
 * checks each IP address that it connects to, in the moment that it connects: a host name may resolve
 * to another address by then. It follows no redirect and reads no body.
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
    // The host of such an address is not looked up.
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
        // Response takes only these. A program may send any.
        const { statusCode: status = 0 } = response;
        resolve(new Response(null, { status: status < 200 || status > 599 ? 502 : status }));
      };
      request.on('response', answer);
      // Without this the connection ends, and nothing says so.
      request.on('upgrade', answer);
      request.end(body);
    });
  };
}
