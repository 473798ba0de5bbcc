import { wireAuthorize } from '../lib/app/authorize.ts';
import { readAuthorizeRequest } from '../lib/http/authorizeRequest.ts';
import { type Handler, route } from '../lib/http/route.ts';

/** `GET /api/wecom/authorize`: sends the browser to WeCom's sign-in page. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { redirectUris, beginSignIn } = wireAuthorize(environment);
  return route(
    { name: 'authorize', failureMessage: '发起登录失败', environment },
    async (request) => {
      const location = await beginSignIn(readAuthorizeRequest(request, redirectUris()));
      return { status: 302, headers: { location, 'referrer-policy': 'no-referrer' }, body: '' };
    },
  );
}

export const handler = createHandler(process.env);
