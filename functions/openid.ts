import { wireOpenid } from '../lib/app/openid.ts';
import { answerBrowser, errorPage } from '../lib/http/openidPages.ts';
import { type Handler, route } from '../lib/http/route.ts';

/**
 * What a person's browser visits of the OpenID provider: `/oauth2/authorize`, `/oauth2/wecom` where
 * WeCom returns to, the pages in between, and `/oauth2/logout`.
 */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const openid = wireOpenid(environment);
  return route(
    {
      name: 'openid',
      failureMessage: '登录失败',
      reportsWecom: true,
      errorPage,
      environment,
      // Without a code the member has cancelled.
      endsSignIn: ({ path, query }) => path === '/oauth2/wecom' && query['code'] !== undefined,
    },
    async (request, invocation) => answerBrowser(openid, request, invocation),
  );
}

export const handler = createHandler(process.env);
