import { success } from '../lib/http/answer.ts';
import { signInErrorAnswer } from '../lib/http/errorAnswer.ts';
import { readJsonBody } from '../lib/http/requestBody.ts';
import { route } from '../lib/http/route.ts';
import { SignInRequest } from '../lib/http/signInRequest.ts';
import { signIn } from '../lib/services.ts';

/** `POST /api/wecom/getUserInfo`: an authorization code for the member behind it. */
export const handler = route(
  { name: 'getUserInfo', failureMessage: '获取用户信息失败', errorAnswer: signInErrorAnswer },
  async (event, invocation) => {
    const { code } = readJsonBody(event, SignInRequest, '缺少授权码');
    return success(await signIn().withCode(code, invocation));
  },
);
