import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { isFromOtherSite, type KnownSites, refuseOtherSite } from './otherSites.ts';

/*
 * Loaded before serverless-offline, which lets every website read its responses, accepts any event on its
 * Lambda port, and matches more requests than API Gateway does. It has no setting for any of it, so this
 * module looks at the requests of each of its servers first.
 */

/** Set by local/gateway.ts. */
const { GUARD_GATEWAY_PORT = '', GUARD_KNOWN_SITES = '{"origins":[]}' } = process.env;
const gatewayPort = Number(GUARD_GATEWAY_PORT);
const known: KnownSites = JSON.parse(GUARD_KNOWN_SITES);

/** No page may call the Lambda port. */
function knownSitesOf(server: Server): KnownSites {
  const { port } = server.address() as AddressInfo;
  return port === gatewayPort ? known : { origins: [] };
}

/**
 * In API Gateway a route of GET does not match HEAD, and no route matches a path that ends in a slash: both
 * go to `$default`. hapi would answer HEAD as GET and strip one slash.
 */
function matchLikeApiGateway(request: IncomingMessage): void {
  // A method that no route has. The response was created for HEAD, so it has no body.
  if (request.method === 'HEAD') request.method = 'X-HEAD';
  request.url = request.url?.replace(/^([^?]+\/)(?=\?|$)/, '$1/');
}

// Each function is a thread that loads this module too.
if (isMainThread) {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (this: Server, ...event: unknown[]): boolean {
    const [name, request, response] = event as [string, IncomingMessage, ServerResponse];
    if (name !== 'request') return Reflect.apply(emit, this, event);
    if (isFromOtherSite(request, knownSitesOf(this))) {
      refuseOtherSite(response);
      return true;
    }
    // serverless-offline would reflect it, with credentials. The functions answer CORS themselves, and
    // get the header from `rawHeaders`.
    delete request.headers.origin;
    matchLikeApiGateway(request);
    return Reflect.apply(emit, this, event);
  };
}
