import { createDepartments, type Departments } from '../directory/departments.ts';
import { createDirectoryReader } from '../directory/directoryReader.ts';
import { createMembershipStore, type MembershipStore } from '../directory/membershipStore.ts';
import { createMemberships, type Memberships } from '../directory/memberships.ts';
import { createTags, type Tags } from '../directory/tags.ts';
import { clock, configuration, once } from './base.ts';
import { cacheTable, permissionTable } from './tables.ts';
import { wecom } from './wecom.ts';

/*
 *   wecom, cacheTable ─► departments, tags ─┐
 *   permissionTable ─► membershipStore ─────┴► memberships
 */

export const departments = /* @__PURE__ */ once(
  (): Departments => createDepartments(configuration(), wecom(), cacheTable(), clock),
);

export const tags = /* @__PURE__ */ once(
  (): Tags => createTags(configuration(), wecom(), cacheTable(), clock),
);

export const membershipStore = /* @__PURE__ */ once(
  (): MembershipStore => createMembershipStore(permissionTable(), configuration()),
);

export const memberships = /* @__PURE__ */ once(
  (): Memberships =>
    createMemberships({
      store: membershipStore(),
      reader: createDirectoryReader(wecom(), departments(), tags(), clock),
      clock,
    }),
);
