import { CachedDepartments } from '../directory/departments.ts';
import { DepartmentTree } from '../directory/departmentTree.ts';
import { MembershipStore } from '../directory/membershipStore.ts';
import { Memberships } from '../directory/memberships.ts';
import { Tags } from '../directory/tags.ts';
import type { Tables } from './tables.ts';
import { createWecom } from './wecom.ts';

export interface Directory {
  readonly tree: DepartmentTree;
  readonly tags: Tags;
  readonly membershipStore: MembershipStore;
  readonly memberships: Memberships;
}

/**
 *   wecom, cacheTable ─► tree, tags ────────┐
 *   permissionTable ─► membershipStore ─────┴► memberships
 */
export function createDirectory(tables: Tables): Directory {
  const { clock, configuration, cacheTable, permissionTable } = tables;
  const app = configuration();
  const client = createWecom(tables);
  const cached = { client, table: cacheTable(), app, clock };
  const tree = new DepartmentTree({ ...cached, departments: new CachedDepartments(cached) });
  const tags = new Tags(cached);
  const store = new MembershipStore({ table: permissionTable(), app });
  const memberships = new Memberships({ client, store, tree, tags, clock });
  return { tree, tags, membershipStore: store, memberships };
}
