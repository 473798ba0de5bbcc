import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import type { Departments } from './departments.ts';
import { raiseVersion } from './directoryRecord.ts';
import type { MembershipStore } from './membershipStore.ts';
import type { Memberships } from './memberships.ts';
import type { Tags } from './tags.ts';

/**
 * What an event of WeCom's says to read again; none says what the new state is, because events come
 * late, twice and in any order.
 *
 * Each first writes that what is stored is out of date, so that nothing is lost when it ends there,
 * and each may be repeated.
 *
 * @throws StoreUnavailable: then the event has had no effect
 */
export interface DirectoryChanges {
  /** Access ends at once, and comes back only if WeCom, asked again, knows the member as active. */
  memberLeft(userid: string, invocation: Invocation): Promise<void>;
  /** WeCom is asked again, now or else by the next `verify`; not about a member never asked about. */
  memberChanged(userid: string, invocation: Invocation): Promise<void>;
  /** Every member's departments are worked out again when next needed. */
  departmentChanged(departmentId: number, invocation: Invocation): Promise<void>;
  /** The same for tags, if a grant names this one. */
  tagChanged(tagId: number, invocation: Invocation): Promise<void>;
}

export interface DirectoryChangesParts {
  readonly memberships: Memberships;
  readonly membershipStore: MembershipStore;
  readonly permissionTable: Table;
  readonly corpId: string;
  readonly departments: Departments;
  readonly tags: Tags;
  readonly clock: Clock;
}

export function createDirectoryChanges(parts: DirectoryChangesParts): DirectoryChanges {
  const { memberships, membershipStore, permissionTable, corpId, departments, tags, clock } = parts;

  return {
    async memberLeft(userid, invocation) {
      const now = clock.now();
      const before = await membershipStore.read(userid);
      await membershipStore.save(userid, {
        reading: { state: 'gone', why: 'event', departments: [], readAt: now },
        changedAt: now,
      });
      // Thousands may leave the visible range at once, and most of them nobody ever asked about: to
      // ask WeCom about all would use up the calls that sign-ins need. The next `verify` asks.
      if (before) invocation.waitUntil(memberships.refresh(userid, invocation));
    },

    async memberChanged(userid, invocation) {
      if (!(await membershipStore.markChanged(userid, clock.now()))) return;
      invocation.waitUntil(memberships.refresh(userid, invocation));
    },

    async departmentChanged(departmentId) {
      await departments.discard(departmentId);
      await raiseVersion(permissionTable, corpId);
    },

    async tagChanged(tagId) {
      await tags.discard(tagId);
      await raiseVersion(permissionTable, corpId, tagId);
    },
  };
}
