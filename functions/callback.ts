import { wireCallback } from '../lib/app/callback.ts';
import { isChannel } from '../lib/callback/sharedKeys.ts';
import { InvalidRequest, NotFound } from '../lib/errors.ts';
import { plainText } from '../lib/http/answer.ts';
import { readCallbackBody, readCallbackQuery } from '../lib/http/callbackRequest.ts';
import { type Handler, route } from '../lib/http/route.ts';

/**
 * `GET /api/wecom/callback/{channel}`: answers WeCom's URL verification.
 * `POST /api/wecom/callback/{channel}`: receives a push; the empty 200 acknowledges it.
 */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { verifyUrl, receivePush } = wireCallback(environment);
  return route(
    { name: 'callback', failureMessage: '回调处理失败', environment },
    async (request, invocation) => {
      const channel = request.pathParameters['channel'];
      if (!isChannel(channel)) throw new NotFound('There is no such channel');
      const { echostr, ...proof } = readCallbackQuery(request);
      if (request.method === 'GET') {
        if (!echostr) throw new InvalidRequest('缺少请求参数 echostr');
        const sealed = { ...proof, encrypted: echostr };
        return plainText(await verifyUrl(channel, sealed, invocation));
      }
      await receivePush(channel, proof, readCallbackBody(request), invocation);
      return plainText('');
    },
  );
}

export const handler = createHandler(process.env);
