import { readFileSync } from 'node:fs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

function event(name: string): APIGatewayProxyEventV2 {
  return JSON.parse(readFileSync(`events/${name}.json`, 'utf8'));
}

/** A verify request for user123, who has a grant. */
export const verifyEvent = event('verify');

const template = event('getUserInfo');

/** A sign-in of this member. The WeCom of tests/harness/edge takes the code as the userid. */
export function signInEvent(userid: string): APIGatewayProxyEventV2 {
  return { ...template, body: JSON.stringify({ code: userid }) };
}

/** A program that signs people in by the OpenID provider, and a refresh token that it got. */
export const OPENID_CLIENT = {
  clientId: 'bench',
  secret: 'the-secret-of-the-bench',
  redirectUri: 'https://bench.example.com/back',
  refreshToken: 'the-refresh-token-of-the-bench',
} as const;

const page = event('openid-logged-out');

/** A browser that comes from the program to sign in. */
export const openidAuthorizeEvent = at('GET /oauth2/authorize', {
  ...page,
  rawQueryString: new URLSearchParams({
    client_id: OPENID_CLIENT.clientId,
    redirect_uri: OPENID_CLIENT.redirectUri,
    response_type: 'code',
    scope: 'openid profile',
    state: 'a-state',
  }).toString(),
});

/** The program's refresh. */
export const openidTokenEvent = at('POST /oauth2/token', {
  ...page,
  headers: {
    ...page.headers,
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `Basic ${Buffer.from(`${OPENID_CLIENT.clientId}:${OPENID_CLIENT.secret}`).toString('base64')}`,
  },
  body: new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: OPENID_CLIENT.refreshToken,
  }).toString(),
});

function at(route: string, given: APIGatewayProxyEventV2): APIGatewayProxyEventV2 {
  const [method = '', path = ''] = route.split(' ');
  const { requestContext } = given;
  const http = { ...requestContext.http, method, path };
  return { ...given, routeKey: route, rawPath: path, requestContext: { ...requestContext, http } };
}
