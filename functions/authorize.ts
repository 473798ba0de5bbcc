import { configuration } from '../lib/app/base.ts';
import { beginSignIn } from '../lib/app/signIn.ts';
import { readAuthorizeRequest } from '../lib/http/authorizeRequest.ts';
import { route } from '../lib/http/route.ts';

/** `GET /api/wecom/authorize`: sends the browser to WeCom's page for signing in. */
export const handler = route(
  { name: 'authorize', failureMessage: '发起登录失败' },
  async (event) => {
    const wish = readAuthorizeRequest(event, configuration().redirectUris);
    const location = await beginSignIn()(wish);
    return { status: 302, headers: { location, 'referrer-policy': 'no-referrer' }, body: '' };
  },
);
