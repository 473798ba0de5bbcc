import { createGatherFacts } from '../permissions/facts.ts';
import { createGroupGrants } from '../permissions/groupGrants.ts';
import { createVerify, type Verify } from '../permissions/verify.ts';
import { createVerifyAccess, type VerifyAccess } from '../permissions/verifyAccess.ts';
import type { Authenticate } from '../session/sessions.ts';
import { lazy } from './base.ts';
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

  const currentMembership = lazy(async () => {
    const { createDirectory } = await import('./directory.ts');
    return createDirectory(tables).memberships.current;
  });

  const authenticate: Authenticate = lazy(async () => {
    const { createSessionVerifier } = await import('./sessions.ts');
    return createSessionVerifier(tables);
  });

  const verify: Verify = lazy(() => {
    const groupGrants = createGroupGrants(permissionTable(), configuration().corpId, clock);
    const facts = createGatherFacts(
      permissionTable(),
      configuration(),
      groupGrants,
      currentMembership,
      clock,
    );
    return createVerify(facts, clock);
  });

  const verifyAccess: VerifyAccess = lazy(() =>
    createVerifyAccess(configuration().verifyAccess, authenticate, verify),
  );

  return { verify, verifyAccess };
}
