import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import serverlessHttp from 'serverless-http';
import { InvalidRequest, MethodNotAllowed, NotFound, type WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { isClientId } from '../openid/clients.ts';
import { REQUEST_ID_HEADER } from '../openid/pages.ts';
import { type LibraryError, OpenidRefused } from '../openid/refusal.ts';
import type { Answer } from './answer.ts';
import { describeError } from './describeError.ts';
import type { HttpRequest } from './request.ts';

/** A client's request has a few kB; a state, a nonce and claims may make it longer. */
export const MAX_QUERY_CHARACTERS = 8 * 1024;
const MAX_BODY_CHARACTERS = 64 * 1024;

/** A request at the provider's library, and what went wrong with it. */
interface Asked {
  readonly invocation: Invocation;
  failure?: unknown;
  refusal?: OpenidRefused;
  /** Why a page of our own in front of the library's refuses. */
  own?: WecomAuthError;
}

const asked = new WeakMap<IncomingMessage, Asked>();

/** The invocation of a request that `askProvider` gave to the library. @throws Error for any other */
export function invocationOf(request: IncomingMessage): Invocation {
  const found = asked.get(request);
  if (found === undefined) throw new Error('The request has no invocation');
  return found.invocation;
}

/** Gives the refusal of a page of our own its error, for the header and the log. */
export function noteRefusal(request: IncomingMessage, error: WecomAuthError): void {
  const found = asked.get(request);
  if (found) found.own = error;
}

/** The library's events for refused requests, of every endpoint that is offered. */
const REFUSED = [
  'authorization.error',
  'grant.error',
  'userinfo.error',
  'revocation.error',
  'end_session.error',
  'end_session_confirm.error',
  'end_session_success.error',
] as const;

/** Listens to the library's errors, which `askProvider` then logs or throws. */
export function noteFailures(provider: Provider): Provider {
  const note = (error: unknown, context: { readonly req: IncomingMessage } | undefined) => {
    const found = context && asked.get(context.req);
    if (found) found.failure = error;
  };
  provider.on('server_error', (context, error) => note(error, context));
  // Koa's own event; without a listener it prints the error.
  (provider as EventEmitter).on('error', note);
  for (const event of REFUSED) {
    (provider as EventEmitter).on(event, (context: KoaContextWithOIDC, error: LibraryError) => {
      const found = asked.get(context.req);
      if (found) found.refusal = new OpenidRefused(error, clientOf(context));
    });
  }
  return provider;
}

/** Longer than ids are, and shorter than a secret, which may be in the wrong field. */
const MAX_SHOWN_ID = 32;

/** The program's id, for the log. */
function clientOf({ oidc, headers }: KoaContextWithOIDC) {
  const { client } = oidc;
  if (client) return { client: client.clientId };
  const [, credentials = ''] = /^basic (\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const [inHeader] = Buffer.from(credentials, 'base64').toString().split(':');
  const given = oidc.params?.['client_id'] ?? inHeader;
  const isShown = typeof given === 'string' && isClientId(given) && given.length <= MAX_SHOWN_ID;
  return isShown ? { unknownClient: given } : {};
}

/**
 * Lets exact paths with their methods through. The library takes any case and a trailing slash, and so
 * paths that were not checked before it.
 *
 * @throws NotFound, MethodNotAllowed
 */
export function requireMethod(
  methods: Readonly<Record<string, readonly string[]>>,
  path: string,
  method: string,
): void {
  const allowed = Object.hasOwn(methods, path) ? methods[path] : undefined;
  if (allowed === undefined) throw new NotFound('There is no such path');
  if (!allowed.includes(method)) throw new MethodNotAllowed(allowed);
}

/**
 * Lets the library answer a request.
 *
 * Host and scheme are the issuer's, whatever the request says: every address that the library makes
 * is made of them.
 *
 * If the library fails, and would answer with a page, its error is thrown, so that the route answers it.
 * Any other refusal or failure keeps the library's answer, also where a redirect tells the program; its
 * `error` is for the header and the log. A redirect that is the visitor's, such as that of prompt=none
 * without a session, is an answer like any other, with a line of its own here.
 *
 * @throws InvalidRequest for what is too long to be a client's request; StoreUnavailable and others
 */
export async function askProvider(
  provider: Provider,
  request: HttpRequest,
  invocation: Invocation,
): Promise<Answer> {
  if (request.rawQuery.length > MAX_QUERY_CHARACTERS) throw new InvalidRequest('请求参数过长');
  if (request.body.length > MAX_BODY_CHARACTERS) throw new InvalidRequest('请求体过大');
  const issuer = new URL(provider.issuer);
  const { log, requestId } = invocation;
  const noted: Asked = { invocation };
  const ask = serverlessHttp(provider, {
    request(incoming: IncomingMessage) {
      asked.set(incoming, noted);
      Object.assign(incoming.socket, { encrypted: issuer.protocol === 'https:' });
    },
  });
  const result = (await ask(
    eventOf(request, issuer, requestId),
    {} as Context,
  )) as APIGatewayProxyStructuredResultV2;
  // CORS is answered by route.ts: the library's own would allow every origin.
  const headers = Object.entries(result.headers ?? {})
    .filter(([name]) => !name.startsWith('access-control-'))
    .map(([name, value]) => [name, String(value)]);
  const body = result.body ?? '';
  const { statusCode: status = 500 } = result;
  const { failure, refusal, own } = noted;
  const isJson = /^application\/json/.test(String(result.headers?.['content-type'] ?? ''));
  if (failure !== undefined && status >= 500 && !isJson) throw failure;
  const isVisitors = status < 400 && failure === undefined && refusal?.fault === 'visitor';
  if (isVisitors) {
    log.info('The program is told of a refusal', {
      ...describeError(refusal),
      fault: refusal.fault,
    });
  }
  const error = failure ?? refusal ?? (status >= 400 ? own : undefined);
  return {
    status,
    headers: { ...pageHeaders(result), ...Object.fromEntries(headers) },
    ...(result.cookies && { cookies: result.cookies }),
    body: result.isBase64Encoded ? Buffer.from(body, 'base64').toString() : body,
    ...(!isVisitors && { error }),
  };
}

/** Headers for the library's own pages, such as a form that sends itself: they may not be framed. */
function pageHeaders({ headers }: APIGatewayProxyStructuredResultV2): Record<string, string> {
  if (!/^text\/html/.test(String(headers?.['content-type'] ?? ''))) return {};
  return {
    'content-security-policy': "frame-ancestors 'none'; base-uri 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}

/**
 * Headers that say where a request came from, which the library must not use. Cookies are passed apart.
 * The length is that of the body here, because credentials were taken out of it.
 */
const NOT_FOR_THE_LIBRARY =
  /^(forwarded|x-forwarded-.*|x-real-ip|host|origin|cookie|content-length|transfer-encoding)$/;

/** The fields of a form, from a body of `application/x-www-form-urlencoded`. */
export function readForm({ body, isBase64Encoded }: HttpRequest): URLSearchParams {
  return new URLSearchParams(isBase64Encoded ? Buffer.from(body, 'base64').toString() : body);
}

function eventOf(request: HttpRequest, issuer: URL, requestId: string) {
  const headers = Object.entries(request.headers).filter(
    ([name]) => !NOT_FOR_THE_LIBRARY.test(name),
  );
  const { body, isBase64Encoded } = request;
  const length = Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');
  return {
    version: '2.0',
    routeKey: request.route,
    rawPath: request.path,
    rawQueryString: request.rawQuery,
    cookies: Object.entries(request.cookies).map(([name, value]) => `${name}=${value}`),
    headers: {
      ...Object.fromEntries(headers),
      host: issuer.host,
      // For the library's pages, see lib/openid/pages.ts.
      [REQUEST_ID_HEADER]: requestId,
      ...(body !== '' && { 'content-length': String(length) }),
    },
    body,
    isBase64Encoded,
    requestContext: { http: { method: request.method, path: request.path, sourceIp: '' } },
  };
}
