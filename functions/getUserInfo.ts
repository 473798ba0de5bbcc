import { wireSignIn } from '../lib/app/signIn.ts';
import { success } from '../lib/http/answer.ts';
import { type Handler, route } from '../lib/http/route.ts';
import { readSignInRequest } from '../lib/http/signInRequest.ts';

/**
 * `POST /api/wecom/getUserInfo`: redeems an authorization code for the member, and for a session
 * if state and verifier prove that this browser began the sign-in.
 */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { redeem } = wireSignIn(environment);
  return route(
    {
      name: 'getUserInfo',
      failureMessage: '获取用户信息失败',
      environment,
      reportsWecom: true,
      endsSignIn: () => true,
    },
    async (request, invocation) => {
      const { member, session } = await redeem(readSignInRequest(request), invocation);
      return success(member, session && { session });
    },
  );
}

export const handler = createHandler(process.env);
