import { dynamoDb } from '../lib/app/tables.ts';
import { verify, verifyAccess } from '../lib/app/verify.ts';
import { success } from '../lib/http/answer.ts';
import { route } from '../lib/http/route.ts';
import { readVerifyRequest } from '../lib/http/verifyRequest.ts';

// A Lambda that starts up has a whole CPU, one that answers a share of it.
dynamoDb();

/** `GET /api/wecom/verify/{userId}?permission=…`: whether a member has a permission. */
export const handler = route(
  { name: 'verify', failureMessage: '验证失败' },
  async (event, invocation) => {
    const { asker, userid, permission } = readVerifyRequest(event);
    await verifyAccess()(asker, userid, invocation);
    const { authorized } = await verify()(userid, permission, invocation);
    return success({ authorized });
  },
);
