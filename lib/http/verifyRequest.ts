import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { InvalidRequest } from '../errors.ts';
import { ACCESS, isPermissionName } from '../permissions/permissionName.ts';
import type { Asker } from '../permissions/verifyAccess.ts';
import { isUserid } from '../wecom/userid.ts';

export interface VerifyRequest {
  readonly asker: Asker;
  readonly userid: string;
  readonly permission: string;
}

/**
 * Reads `GET /api/wecom/verify/{userId}?permission=…`. API Gateway has decoded the path once; to
 * decode it again would let `%2566` pass for `f`.
 *
 * @throws InvalidRequest
 */
export function readVerifyRequest(event: APIGatewayProxyEventV2): VerifyRequest {
  const userid = event.pathParameters?.['userId'] ?? '';
  if (!isUserid(userid)) throw new InvalidRequest('用户ID格式不正确');
  const permission = event.queryStringParameters?.['permission'] ?? ACCESS;
  if (!isPermissionName(permission)) throw new InvalidRequest('权限名格式不正确');
  return { asker: readAsker(event), userid, permission };
}

function readAsker(event: APIGatewayProxyEventV2): Asker {
  const [, bearerToken] =
    /^Bearer +([\w.~+/-]+=*)$/i.exec(event.headers?.['authorization'] ?? '') ?? [];
  const { authorizer } = event.requestContext as { authorizer?: { iam?: { userArn?: unknown } } };
  return { bearerToken, iam: typeof authorizer?.iam?.userArn === 'string' };
}
