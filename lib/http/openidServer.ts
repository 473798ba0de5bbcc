import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type Provider from 'oidc-provider';
import serverlessHttp from 'serverless-http';
import { InvalidRequest } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Answer } from './answer.ts';
import type { HttpRequest } from './request.ts';

/** A client's request has a few kB; a state, a nonce and claims may make it longer. */
const MAX_QUERY_CHARACTERS = 8 * 1024;
const MAX_BODY_CHARACTERS = 64 * 1024;

/** The invocation of a request that the provider's library is working on. */
const invocations = new WeakMap<IncomingMessage, Invocation>();

/** @throws Error where the request did not come by `askProvider` */
export function invocationOf(request: IncomingMessage): Invocation {
  const invocation = invocations.get(request);
  if (invocation === undefined) throw new Error('The request has no invocation');
  return invocation;
}

/**
 * Lets the library answer a request.
 *
 * Host and scheme are the issuer's, whatever the request says: every address that the library makes
 * is made of them.
 *
 * @throws InvalidRequest for what is too long to be a client's request
 */
export async function askProvider(
  provider: Provider,
  request: HttpRequest,
  invocation: Invocation,
): Promise<Answer> {
  if (request.rawQuery.length > MAX_QUERY_CHARACTERS) throw new InvalidRequest('请求参数过长');
  if (request.body.length > MAX_BODY_CHARACTERS) throw new InvalidRequest('请求体过大');
  const issuer = new URL(provider.issuer);
  const ask = serverlessHttp(provider, {
    request(incoming: IncomingMessage) {
      invocations.set(incoming, invocation);
      Object.assign(incoming.socket, { encrypted: issuer.protocol === 'https:' });
    },
  });
  const result = (await ask(
    eventOf(request, issuer),
    {} as Context,
  )) as APIGatewayProxyStructuredResultV2;
  const headers = Object.entries(result.headers ?? {}).map(([name, value]) => [
    name,
    String(value),
  ]);
  const body = result.body ?? '';
  return {
    status: result.statusCode ?? 500,
    headers: Object.fromEntries(headers),
    ...(result.cookies && { cookies: result.cookies }),
    body: result.isBase64Encoded ? Buffer.from(body, 'base64').toString() : body,
  };
}

/**
 * Headers that tell where a request came from: the library must not believe any of them. CORS is
 * answered by route.ts. Cookies are given apart.
 */
const NOT_FOR_THE_LIBRARY = /^(forwarded|x-forwarded-.*|x-real-ip|host|origin|cookie)$/;

function eventOf(request: HttpRequest, issuer: URL) {
  const headers = Object.entries(request.headers).filter(
    ([name]) => !NOT_FOR_THE_LIBRARY.test(name),
  );
  return {
    version: '2.0',
    routeKey: request.route,
    rawPath: request.path,
    rawQueryString: request.rawQuery,
    cookies: Object.entries(request.cookies).map(([name, value]) => `${name}=${value}`),
    headers: { ...Object.fromEntries(headers), host: issuer.host },
    body: request.body,
    isBase64Encoded: request.isBase64Encoded,
    requestContext: { http: { method: request.method, path: request.path, sourceIp: '' } },
  };
}
