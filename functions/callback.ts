import { urlVerification } from '../lib/app/callbacks.ts';
// Every request needs the channel's keys, and a Lambda that starts up has a whole CPU.
import '../lib/parameters/ssm.ts';
import { isChannel } from '../lib/callback/channel.ts';
import { failure, plainText } from '../lib/http/answer.ts';
import { callbackErrorAnswer } from '../lib/http/callbackErrorAnswer.ts';
import { readCallbackBody, readCallbackQuery } from '../lib/http/callbackRequest.ts';
import { route } from '../lib/http/route.ts';

/**
 * `GET /api/wecom/callback/{channel}`: proves to WeCom that the URL is ours.
 * `POST /api/wecom/callback/{channel}`: takes in a push; the empty 200 says that it had its effect.
 */
export const handler = route(
  { name: 'callback', failureMessage: '回调处理失败', errorAnswer: callbackErrorAnswer },
  async (event, invocation) => {
    const channel = event.pathParameters?.['channel'];
    if (!isChannel(channel)) return failure(404, -1, '接口不存在');
    const { echostr, ...proof } = readCallbackQuery(event);
    if (event.requestContext.http.method === 'GET') {
      if (!echostr) return failure(400, -1, '缺少请求参数 echostr');
      const sealed = { ...proof, encrypted: echostr };
      return plainText(await urlVerification()(channel, sealed, invocation));
    }
    // What a push needs would delay the answer to a cold URL verification.
    const { receivePush } = await import('../lib/app/pushes.ts');
    await receivePush()(channel, proof, readCallbackBody(event), invocation);
    return plainText('');
  },
);
