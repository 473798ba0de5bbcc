import { createDepartments, type Departments } from '../directory/departments.ts';
import { createDirectoryReader } from '../directory/directoryReader.ts';
import { createMembershipStore, type MembershipStore } from '../directory/membershipStore.ts';
import { createMemberships, type Memberships } from '../directory/memberships.ts';
import { createTags, type Tags } from '../directory/tags.ts';
import type { Tables } from './tables.ts';
import { createWecom } from './wecom.ts';

export interface Directory {
  readonly departments: Departments;
  readonly tags: Tags;
  readonly membershipStore: MembershipStore;
  readonly memberships: Memberships;
}

/**
 *   wecom, cacheTable ─► departments, tags ─┐
 *   permissionTable ─► membershipStore ─────┴► memberships
 */
export function createDirectory(tables: Tables): Directory {
  const { clock, configuration, cacheTable, permissionTable } = tables;
  const wecom = createWecom(tables);
  const departments = createDepartments(configuration(), wecom, cacheTable(), clock);
  const tags = createTags(configuration(), wecom, cacheTable(), clock);
  const store = createMembershipStore(permissionTable(), configuration());
  const reader = createDirectoryReader(wecom, departments, tags, clock);
  const memberships = createMemberships({ store, reader, clock });
  return { departments, tags, membershipStore: store, memberships };
}
