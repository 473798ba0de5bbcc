import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { isFromOtherSite, refuseOtherSite } from './otherSites.ts';

/*
 * Loaded before serverless-offline, which lets every website read its answers and takes any event on
 * its Lambda port. It has no setting for either, so each of its servers is guarded from outside.
 */

/** What local/gateway.ts sets. */
const { GUARD_GATEWAY_PORT = '', GUARD_ORIGINS = '' } = process.env;
const gatewayPort = Number(GUARD_GATEWAY_PORT);
const listed = GUARD_ORIGINS.split(' ').filter((origin) => origin !== '');

/** No page has business with the Lambda port. */
function originsFor(server: Server): readonly string[] {
  const { port } = server.address() as AddressInfo;
  return port === gatewayPort ? listed : [];
}

// Each function is a thread, which loads this too.
if (isMainThread) {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (this: Server, ...event: unknown[]): boolean {
    const [name, request, response] = event as [string, IncomingMessage, ServerResponse];
    if (name !== 'request' || !isFromOtherSite(request, originsFor(this))) {
      return Reflect.apply(emit, this, event);
    }
    refuseOtherSite(response);
    return true;
  };
}
