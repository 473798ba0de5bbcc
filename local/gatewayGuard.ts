import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { isFromOtherSite, refuseOtherSite } from './otherSites.ts';

/*
 * Loaded before serverless-offline, which lets every website read its responses and accepts any event on
 * its Lambda port. It has no setting for either, so this module guards each of its servers.
 */

/** Set by local/gateway.ts. */
const { GUARD_GATEWAY_PORT = '', GUARD_ORIGINS = '' } = process.env;
const gatewayPort = Number(GUARD_GATEWAY_PORT);
const listed = GUARD_ORIGINS.split(' ').filter((origin) => origin !== '');

/** No page may call the Lambda port. */
function originsFor(server: Server): readonly string[] {
  const { port } = server.address() as AddressInfo;
  return port === gatewayPort ? listed : [];
}

// Each function is a thread that loads this module too.
if (isMainThread) {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (this: Server, ...event: unknown[]): boolean {
    const [name, request, response] = event as [string, IncomingMessage, ServerResponse];
    if (name !== 'request') return Reflect.apply(emit, this, event);
    if (isFromOtherSite(request, originsFor(this))) {
      refuseOtherSite(response);
      return true;
    }
    // serverless-offline would reflect it, with credentials. The functions answer CORS themselves, and
    // get the header from `rawHeaders`.
    delete request.headers.origin;
    return Reflect.apply(emit, this, event);
  };
}
