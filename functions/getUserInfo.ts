import { configuration } from '../lib/app/base.ts';
import { redeem, signIn } from '../lib/app/signIn.ts';
import { dynamoDb } from '../lib/app/tables.ts';
import { success } from '../lib/http/answer.ts';
import { readJsonBody } from '../lib/http/requestBody.ts';
import { route } from '../lib/http/route.ts';
import { signInErrorAnswer } from '../lib/http/signInErrorAnswer.ts';
import { SignInRequest } from '../lib/http/signInRequest.ts';

// A Lambda that starts up has a whole CPU, one that answers a share of it.
dynamoDb();

/**
 * `POST /api/wecom/getUserInfo`: an authorization code for the member behind it, and for a session
 * where state and verifier prove that this browser began the sign-in.
 */
export const handler = route(
  { name: 'getUserInfo', failureMessage: '获取用户信息失败', errorAnswer: signInErrorAnswer },
  async (event, invocation) => {
    const { code, state, code_verifier } = readJsonBody(event, SignInRequest, '缺少授权码');
    const plain = state === undefined && code_verifier === undefined;
    if (plain && !configuration().requireState) {
      return success(await signIn().withCode(code, invocation));
    }
    const proof = { code, state, verifier: code_verifier };
    const { member, session } = await redeem()(proof, invocation);
    return success(member, { session });
  },
);
