import { wireVerify } from '../lib/app/verify.ts';
import { success } from '../lib/http/answer.ts';
import { type Handler, route } from '../lib/http/route.ts';
import { readVerifyRequest } from '../lib/http/verifyRequest.ts';
import { decisionFacts } from '../lib/permissions/evaluate.ts';

/** `GET /api/wecom/verify/{userId}?permission=…`: whether a member has a permission. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { verify, verifyAccess } = wireVerify(environment);
  return route(
    { name: 'verify', failureMessage: '验证失败', environment },
    async (request, invocation) => {
      const { asker, userid, permission } = readVerifyRequest(request);
      await verifyAccess(asker, userid, invocation);
      // Only now: otherwise anyone could find out the pseudonym of any userid.
      invocation.noteMember(userid);
      const decision = await verify(userid, permission, invocation);
      invocation.note(decisionFacts(decision, permission));
      const { authorized, fault } = decision;
      return { ...success({ authorized }), ...(fault && { fault }) };
    },
  );
}

export const handler = createHandler(process.env);
