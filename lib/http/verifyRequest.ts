import { InvalidRequest } from '../errors.ts';
import { ACCESS, isPermissionName } from '../permissions/permissionName.ts';
import type { Asker } from '../permissions/verifyAccess.ts';
import { isUserid } from '../wecom/userid.ts';
import { bearerToken } from './bearerToken.ts';
import type { HttpRequest } from './request.ts';

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
export function readVerifyRequest(request: HttpRequest): VerifyRequest {
  const { pathParameters, query, iamPrincipal } = request;
  const userid = pathParameters['userId'] ?? '';
  if (!isUserid(userid)) throw new InvalidRequest('用户ID格式不正确');
  const permission = query['permission'] ?? ACCESS;
  if (!isPermissionName(permission)) throw new InvalidRequest('权限名格式不正确');
  const asker = { bearerToken: bearerToken(request), iam: iamPrincipal !== undefined };
  return { asker, userid, permission };
}
