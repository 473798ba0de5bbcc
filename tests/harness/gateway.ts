import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { Handler } from '../../lib/http/route.ts';
import { type Listening, listen } from './listen.ts';

/** A route as serverless.yml writes it, such as `GET /api/wecom/verify/{userId}` or `*`. */
export interface GatewayRoute {
  readonly route: string;
  readonly handler: Handler;
}

export type Gateway = Listening;

/** An API Gateway HTTP API in front of handlers: payload format 2.0, over real HTTP. */
export async function startGateway(
  routes: readonly GatewayRoute[],
  timeoutMs = 15_000,
  port = 0,
): Promise<Gateway> {
  const server = createServer(async (incoming, response) => {
    const body = (await buffer(incoming)).toString();
    const path = new URL(incoming.url ?? '/', 'http://gateway').pathname;
    for (const { route, handler } of routes) {
      const pathParameters = match(route, incoming.method ?? '', path);
      if (!pathParameters) continue;
      const event = eventOf(incoming, route, pathParameters, body);
      const result = await handler(event, contextOf(timeoutMs));
      for (const cookie of result.cookies ?? []) response.appendHeader('set-cookie', cookie);
      response.writeHead(result.statusCode ?? 200, result.headers as Record<string, string>);
      response.end(result.body);
      return;
    }
    response.writeHead(404).end('{"message":"Not Found"}');
  });
  return listen(server, port);
}

/** @returns Lambda's context with this remaining time */
export function contextOf(remainingMs = 15_000): Context {
  const end = Date.now() + remainingMs;
  return {
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => end - Date.now(),
  } as Context;
}

function match(route: string, method: string, path: string): Record<string, string> | undefined {
  if (route === '*') return {};
  const [wanted, template = ''] = route.split(' ');
  const parts = template.split('/');
  const given = path.split('/');
  if ((wanted !== 'ANY' && method !== wanted) || parts.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [at, part] of parts.entries()) {
    const value = given[at] ?? '';
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return parameters;
}

function eventOf(
  incoming: IncomingMessage,
  route: string,
  pathParameters: Record<string, string>,
  body: string,
): APIGatewayProxyEventV2 {
  const url = new URL(incoming.url ?? '/', 'http://gateway');
  const query: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    // API Gateway joins repeated parameters with a comma.
    query[name] = name in query ? `${query[name]},${value}` : value;
  }
  const routeKey = route === '*' ? '$default' : route;
  const event = {
    version: '2.0',
    routeKey,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: Object.fromEntries(
      Object.entries(incoming.headers)
        .filter(([name]) => name !== 'cookie')
        .map(([name, value]) => [name, String(value)]),
    ),
    ...(incoming.headers.cookie && { cookies: incoming.headers.cookie.split('; ') }),
    queryStringParameters: query,
    pathParameters,
    requestContext: {
      http: {
        method: incoming.method,
        path: url.pathname,
        sourceIp: '127.0.0.1',
        userAgent: incoming.headers['user-agent'],
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
    },
    isBase64Encoded: false,
    ...(body && { body }),
  };
  return event as unknown as APIGatewayProxyEventV2;
}
