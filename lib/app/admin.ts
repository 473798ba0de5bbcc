import type { AccessParts } from '../administration/access.ts';
import type { Corp } from '../administration/lists.ts';
import type { MemberPermissionsParts } from '../permissions/verify.ts';
import type { Tables } from './tables.ts';
import { wireVerify } from './verify.ts';

/** What every function of the console needs. */
export interface Admin {
  readonly tables: Tables;
  /** Decides about whoever asks, as `verify` does. */
  readonly access: AccessParts;
  readonly corp: () => Corp;
  readonly memberPermissions: () => MemberPermissionsParts;
}

export function createAdmin(environment: NodeJS.ProcessEnv): Admin {
  const { tables, authenticate, verify, memberPermissions } = wireVerify(environment);
  return {
    tables,
    access: { authenticate, verify },
    corp: () => ({ table: tables.permissionTable(), corpId: tables.configuration().corpId }),
    memberPermissions,
  };
}
