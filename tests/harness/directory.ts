import type { Clock } from '../../lib/clock.ts';
import { CachedDepartments } from '../../lib/directory/departments.ts';
import { DepartmentTree } from '../../lib/directory/departmentTree.ts';
import { DirectoryUpdates } from '../../lib/directory/directoryChanges.ts';
import type { MemberGroups } from '../../lib/directory/membership.ts';
import { MembershipStore } from '../../lib/directory/membershipStore.ts';
import { Memberships } from '../../lib/directory/memberships.ts';
import { Tags } from '../../lib/directory/tags.ts';
import type { Invocation } from '../../lib/invocation.ts';
import { GroupGrants } from '../../lib/permissions/groupGrants.ts';
import {
  gatherFacts,
  type MemberPermissionsParts,
  verifyMember,
} from '../../lib/permissions/verify.ts';
import type { App } from '../../lib/tableKeys.ts';
import type { WecomClient } from '../../lib/wecom/client.ts';
import type { Tables } from './tables.ts';

/** The parts of one Lambda instance that read the directory and decide on permissions. */
export function newDirectoryInstance(parts: {
  readonly tables: Pick<Tables, 'cache' | 'permissions'>;
  readonly app: App;
  readonly client: WecomClient;
  readonly clock: Clock;
}) {
  const { tables, app, client, clock } = parts;
  const cached = { client, table: tables.cache, app, clock };
  const departments = new CachedDepartments(cached);
  const tree = new DepartmentTree({ ...cached, departments });
  const tags = new Tags(cached);
  const store = new MembershipStore({ table: tables.permissions, app });
  const memberships = new Memberships({ client, store, tree, tags, clock });
  const groupGrants = new GroupGrants({ table: tables.permissions, corpId: app.corpId, clock });
  const permissionParts: MemberPermissionsParts = {
    table: tables.permissions,
    app,
    groupGrants,
    renew: (...due) => memberships.current(...due),
    clock,
  };
  return {
    departments,
    tree,
    tags,
    store,
    memberships,
    changes: new DirectoryUpdates({
      memberships,
      membershipStore: store,
      permissionTable: tables.permissions,
      corpId: app.corpId,
      tree,
      tags,
      clock,
    }),
    facts: (userid: string, permission: string, invocation: Invocation) =>
      gatherFacts(permissionParts, userid, permission, invocation),
    verify: (userid: string, permission: string, invocation: Invocation) =>
      verifyMember(permissionParts, userid, permission, invocation),
  };
}

export type DirectoryInstance = ReturnType<typeof newDirectoryInstance>;

/** Stores the membership of a member of the first of these departments, as if WeCom was read at `at`. */
export async function storeMembership(
  tables: Pick<Tables, 'permissions'>,
  app: App,
  userid: string,
  terms: {
    readonly state?: 'active' | 'gone';
    readonly why?: string;
    readonly departments: readonly number[];
    readonly tags?: readonly number[];
    readonly at: number;
    readonly groups?: Partial<MemberGroups>;
  },
): Promise<void> {
  const { state = 'active', departments, tags = [], at } = terms;
  const store = new MembershipStore({ table: tables.permissions, app });
  const seen = await store.read(userid);
  const of = state === 'active' ? departments.slice(0, 1) : [];
  await store.claim(userid, 'test', seen, at);
  await store.update(userid, 'test', seen, {
    snapshot: { state, why: terms.why ?? 'status 1', departments: of, readAt: at },
    groups: {
      of,
      departments,
      ancestorsKnown: true,
      tags,
      otherTags: [],
      unknownTags: [],
      version: 1,
      workedOutAt: at,
      ...terms.groups,
    },
  });
}
