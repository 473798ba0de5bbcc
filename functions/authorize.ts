import { wireAuthorize } from '../lib/app/authorize.ts';
import { success } from '../lib/http/answer.ts';
import { prefersJson, readAuthorizeRequest } from '../lib/http/authorizeRequest.ts';
import { type Handler, route } from '../lib/http/route.ts';

/** `GET /api/wecom/authorize`: sends the browser to WeCom's sign-in page, or tells a script where it is. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { redirectUris, beginSignIn } = wireAuthorize(environment);
  return route(
    { name: 'authorize', failureMessage: '发起登录失败', environment },
    async (request) => {
      const begun = await beginSignIn(readAuthorizeRequest(request, redirectUris()));
      if (prefersJson(request)) return success(begun);
      const headers = { location: begun.authorizeUrl, 'referrer-policy': 'no-referrer' };
      return { status: 302, headers, body: '' };
    },
  );
}

export const handler = createHandler(process.env);
