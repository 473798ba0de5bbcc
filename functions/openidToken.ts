import { wireOpenid } from '../lib/app/openid.ts';
import { listedOrigin, preflight } from '../lib/http/cors.ts';
import { requireMethod } from '../lib/http/openidServer.ts';
import { readTokenRequest, withJsonBody } from '../lib/http/openidTokenRequest.ts';
import { type Handler, route } from '../lib/http/route.ts';

const METHODS = {
  '/oauth2/token': ['POST', 'OPTIONS'],
  '/oauth2/userinfo': ['GET', 'POST', 'OPTIONS'],
  '/oauth2/revoke': ['POST', 'OPTIONS'],
} as const;

/**
 * What a program asks of the OpenID provider: `POST /oauth2/token`, `/oauth2/userinfo` and
 * `POST /oauth2/revoke`.
 */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const openid = wireOpenid(environment);
  return route(
    { name: 'openidToken', failureMessage: '获取令牌失败', environment },
    async (request, invocation) => {
      requireMethod(METHODS, request.path, request.method);
      const { origin } = request.headers;
      // A preflight names no client, so scripts of every public client's pages may ask.
      const cors = listedOrigin(origin ?? '', origin ? await openid.publicOrigins() : []);
      const answer =
        request.method === 'OPTIONS'
          ? preflight(request)
          : withJsonBody(await openid.ask(readTokenRequest(request), invocation));
      return { ...answer, headers: { ...answer.headers, ...cors } };
    },
  );
}

export const handler = createHandler(process.env);
