import { Forbidden, Unauthenticated } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Authenticate } from '../session/sessions.ts';
import { foldUserid } from '../wecom/userid.ts';
import { VERIFY_ANY } from './permissionName.ts';
import type { Verify } from './verify.ts';

/**
 * Who may call `verify`:
 *
 * - `open`: anyone.
 * - `session`: the bearer of a session, about themselves; with the permission `verify:any` about anyone.
 * - `iam`: any principal that API Gateway's IAM authorizer let in.
 */
export const VERIFY_ACCESS_MODES = ['open', 'session', 'iam'] as const;
export type VerifyAccessMode = (typeof VERIFY_ACCESS_MODES)[number];

/** What a request says about its caller. */
export interface Asker {
  /** From `Authorization: Bearer …`. */
  readonly bearerToken?: string | undefined;
  /** Whether API Gateway's IAM authorizer has identified the caller. */
  readonly iam: boolean;
}

export interface VerifyAccessParts {
  readonly mode: VerifyAccessMode;
  readonly authenticate: Authenticate;
  readonly verify: Verify;
}

/** See `requireVerifyAccess`. */
export type VerifyAccess = (asker: Asker, userid: string, invocation: Invocation) => Promise<void>;

/**
 * Checks that the caller may ask about the member. evaluate.ts decides what the member may do.
 *
 * @throws Unauthenticated if there is no bearer token, or none of a session
 * @throws Forbidden if the caller may not ask about this userid, whether a member has it or not
 */
export async function requireVerifyAccess(
  { mode, authenticate, verify }: VerifyAccessParts,
  asker: Asker,
  userid: string,
  invocation: Invocation,
): Promise<void> {
  if (mode === 'open') return;
  if (mode === 'iam') {
    // Without this check, a route that lost its authorizer would be open.
    if (!asker.iam) throw new Forbidden('API Gateway has identified no IAM principal');
    return;
  }
  const { bearerToken } = asker;
  if (!bearerToken) throw new Unauthenticated(false);
  const caller = await authenticate(bearerToken, invocation);
  if (!caller) throw new Unauthenticated(true);
  if (foldUserid(caller.userid) === foldUserid(userid)) return;
  const { authorized, fault } = await verify(caller.userid, VERIFY_ANY, invocation);
  if (!authorized) {
    throw new Forbidden('Asking about others takes the permission verify:any', {}, fault);
  }
}
