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

/** A client of the OpenID provider, with a refresh token. */
export const OPENID_CLIENT = {
  clientId: 'bench',
  secret: 'the-secret-of-the-bench',
  redirectUri: 'https://bench.example.com/back',
  refreshToken: 'the-refresh-token-of-the-bench',
} as const;

const openidTemplate = event('openid-logged-out');

/** The client's authorization request. */
export const openidAuthorizeEvent = routed('GET /oauth2/authorize', {
  ...openidTemplate,
  rawQueryString: new URLSearchParams({
    client_id: OPENID_CLIENT.clientId,
    redirect_uri: OPENID_CLIENT.redirectUri,
    response_type: 'code',
    scope: 'openid profile',
    state: 'a-state',
  }).toString(),
});

/** The client's use of the refresh token. */
export const openidTokenEvent = routed('POST /oauth2/token', {
  ...openidTemplate,
  headers: {
    ...openidTemplate.headers,
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `Basic ${Buffer.from(`${OPENID_CLIENT.clientId}:${OPENID_CLIENT.secret}`).toString('base64')}`,
  },
  body: new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: OPENID_CLIENT.refreshToken,
  }).toString(),
});

/** The event with another route. */
function routed(route: string, given: APIGatewayProxyEventV2): APIGatewayProxyEventV2 {
  const [method = '', path = ''] = route.split(' ');
  const { requestContext } = given;
  const http = { ...requestContext.http, method, path };
  return { ...given, routeKey: route, rawPath: path, requestContext: { ...requestContext, http } };
}
