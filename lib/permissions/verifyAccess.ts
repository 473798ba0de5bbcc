import { Forbidden, Unauthenticated } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Authenticate } from '../session/sessions.ts';
import { foldUserid } from '../wecom/userid.ts';
import { VERIFY_ANY } from './permissionName.ts';
import type { Verify } from './verify.ts';

/**
 * Who may ask `verify`: anyone; the bearer of a session about themselves, and about anyone with the
 * permission `verify:any`; whoever API Gateway's IAM authorizer let in.
 */
export const VERIFY_ACCESS_MODES = ['open', 'session', 'iam'] as const;
export type VerifyAccessMode = (typeof VERIFY_ACCESS_MODES)[number];

/** What the request says of who is asking. */
export interface Asker {
  /** From `Authorization: Bearer …`. */
  readonly bearerToken?: string | undefined;
  /** Whether API Gateway's IAM authorizer has identified the caller. */
  readonly iam: boolean;
}

/**
 * @throws Unauthenticated when nobody, or not provably somebody, is asking
 * @throws Forbidden when the one who asks may not ask about this member, existing or not
 */
export type VerifyAccess = (asker: Asker, userid: string, invocation: Invocation) => Promise<void>;

/** The one place that decides who may ask. */
export function createVerifyAccess(
  mode: VerifyAccessMode,
  authenticate: Authenticate,
  verify: Verify,
): VerifyAccess {
  async function session(asker: Asker, userid: string, invocation: Invocation): Promise<void> {
    const { bearerToken } = asker;
    if (!bearerToken) throw new Unauthenticated(false);
    const caller = await authenticate(bearerToken, invocation);
    if (!caller) throw new Unauthenticated(true);
    if (foldUserid(caller.userid) === foldUserid(userid)) return;
    const { authorized } = await verify(caller.userid, VERIFY_ANY, invocation);
    if (!authorized) throw new Forbidden('Asking about others takes the permission verify:any');
  }

  return async function verifyAccess(asker, userid, invocation) {
    switch (mode) {
      case 'open':
        return;
      case 'session':
        return session(asker, userid, invocation);
      case 'iam':
        // The setting alone proves nothing: a route without its authorizer would be open.
        if (!asker.iam) throw new Forbidden('API Gateway has identified no IAM principal');
    }
  };
}
