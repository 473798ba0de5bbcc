import { Forbidden, Unauthenticated } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { ANY_PERMISSION, VERIFY_ANY } from '../permissions/permissionName.ts';
import type { Verify } from '../permissions/verify.ts';
import type { Authenticate } from '../session/sessions.ts';

/** Whoever uses the console. It has no power of its own: what they may do is what `verify` says. */
export interface Administrator {
  /** Folded. */
  readonly userid: string;
  /** Those of the asked permissions that they have. */
  readonly permissions: readonly string[];
}

export interface AccessParts {
  readonly authenticate: Authenticate;
  readonly verify: Verify;
}

/**
 * Who sends a request, if they have one of the permissions.
 *
 * @throws Unauthenticated if there is no bearer token, or none of a session
 * @throws Forbidden if the member has none of the permissions
 */
export async function requireAdministrator(
  { authenticate, verify }: AccessParts,
  bearerToken: string | undefined,
  permissions: readonly string[],
  invocation: Invocation,
): Promise<Administrator> {
  if (!bearerToken) throw new Unauthenticated(false);
  const caller = await authenticate(bearerToken, invocation);
  if (!caller) throw new Unauthenticated(true);
  const { userid } = caller;
  invocation.noteMember(userid);
  const verdicts = await Promise.all(permissions.map((each) => verify(userid, each, invocation)));
  const had = permissions.filter((_, at) => verdicts[at]?.authorized);
  if (had.length > 0) return { userid, permissions: had };
  const needs = permissions.join(' or ');
  const fault = verdicts.find((each) => each.fault !== undefined)?.fault;
  throw new Forbidden(`This takes the permission ${needs}`, {}, fault);
}

/**
 * The permission that one must have to change grants of this one: its own, if it lets its holder do
 * more than use applications.
 */
export function neededFor(permission: string): string | undefined {
  const isPower =
    permission === ANY_PERMISSION || permission === VERIFY_ANY || permission.startsWith('admin:');
  return isPower ? permission : undefined;
}

/** Those of the permissions to change that the member may not change grants of. */
export async function lackedFor(
  permissions: readonly string[],
  userid: string,
  verify: Verify,
  invocation: Invocation,
): Promise<ReadonlySet<string>> {
  const needed = [...new Set(permissions.map(neededFor))].filter((each) => each !== undefined);
  const verdicts = await Promise.all(needed.map((each) => verify(userid, each, invocation)));
  return new Set(needed.filter((_, at) => !verdicts[at]?.authorized));
}
