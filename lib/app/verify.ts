import { GroupGrants } from '../permissions/groupGrants.ts';
import {
  type MemberPermissionsParts,
  type RenewMembership,
  type Verify,
  verifyMember,
} from '../permissions/verify.ts';
import { requireVerifyAccess, type VerifyAccess } from '../permissions/verifyAccess.ts';
import type { Authenticate } from '../session/sessions.ts';
import { lazy, once } from './base.ts';
import { createTables } from './tables.ts';

/**
 * For `verify`. Most requests need neither WeCom nor a session's keys, so both are loaded when one
 * does.
 *
 *   permissionTable ─► groupGrants ─► verify ─────────────► verifyAccess
 *                                        └ import() directory   └ import() sessions
 */
export function wireVerify(environment: NodeJS.ProcessEnv) {
  const tables = createTables(environment);
  const { clock, configuration, permissionTable } = tables;

  const renew: RenewMembership = lazy(async () => {
    const { createDirectory } = await import('./directory.ts');
    const { memberships } = createDirectory(tables);
    return (...due) => memberships.current(...due);
  });

  const authenticate: Authenticate = lazy(async () => {
    const { createSessionVerifier } = await import('./sessions.ts');
    return createSessionVerifier(tables);
  });

  const memberPermissions = once((): MemberPermissionsParts => {
    const [table, app] = [permissionTable(), configuration()];
    const groupGrants = new GroupGrants({ table, corpId: app.corpId, clock });
    return { table, app, groupGrants, renew, clock };
  });

  const verify: Verify = lazy(() => {
    const parts = memberPermissions();
    return (...question) => verifyMember(parts, ...question);
  });

  const verifyAccess: VerifyAccess = lazy(() => {
    const parts = { mode: configuration().verifyAccess, authenticate, verify };
    return (...question) => requireVerifyAccess(parts, ...question);
  });

  return { tables, authenticate, memberPermissions, verify, verifyAccess };
}
