import { Forbidden, InvalidRequest, Unauthenticated } from '../errors.ts';
import { type Answer, failure } from './answer.ts';

/** What goes wrong on the caller's side, the same on every route. */
export function callerErrorAnswer(error: unknown): Answer | undefined {
  if (error instanceof InvalidRequest) return failure(400, -1, error.message);
  if (error instanceof Unauthenticated) {
    // Without a token the challenge names no error (RFC 6750 §3.1).
    const challenge = error.badToken ? 'Bearer error="invalid_token"' : 'Bearer';
    return failure(401, -1, '未登录或登录已失效', { 'www-authenticate': challenge });
  }
  if (error instanceof Forbidden) return failure(403, -1, '没有权限');
  return undefined;
}
