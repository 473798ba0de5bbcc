import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { directoryKey } from '../tableKeys.ts';
import type { DepartmentTree } from './departmentTree.ts';
import { raiseVersion, readDirectoryRecord } from './directoryRecord.ts';
import { RECHECK_MS } from './freshness.ts';
import type { MembershipStore } from './membershipStore.ts';
import type { Memberships } from './memberships.ts';
import type { Tags } from './tags.ts';

/**
 * The effects of WeCom's events on what is stored. No method takes the new state, because events
 * arrive late, twice and in any order. An event only makes them known sooner: without it WeCom is asked
 * when what is stored is too old (freshness.ts).
 *
 * Each method first marks what is stored as out of date, so that nothing is lost if the process ends
 * there. Each may be repeated, and has to be after it threw StoreUnavailable.
 */
export interface DirectoryChanges {
  /** `unsubscribe`: the member left the app's visible range. */
  memberLeft(userid: string, invocation: Invocation): Promise<void>;
  /** `delete_user`. */
  memberDeleted(userid: string, invocation: Invocation): Promise<void>;
  /** `create_user`, `update_user`, `subscribe`. A stored member is read again in the background. */
  memberChanged(userid: string, invocation: Invocation): Promise<void>;
  /** Every member's departments are computed again when next needed. */
  departmentChanged(departmentId: number, invocation: Invocation): Promise<void>;
  /** The same for tags, if a grant names this one. */
  tagChanged(tagId: number, invocation: Invocation): Promise<void>;
}

/** See `DirectoryChanges`. */
export class DirectoryUpdates implements DirectoryChanges {
  readonly #memberships: Memberships;
  readonly #membershipStore: MembershipStore;
  readonly #permissionTable: Table;
  readonly #corpId: string;
  readonly #tree: DepartmentTree;
  readonly #tags: Tags;
  readonly #clock: Clock;

  constructor(parts: {
    readonly memberships: Memberships;
    readonly membershipStore: MembershipStore;
    readonly permissionTable: Table;
    readonly corpId: string;
    readonly tree: DepartmentTree;
    readonly tags: Tags;
    readonly clock: Clock;
  }) {
    this.#memberships = parts.memberships;
    this.#membershipStore = parts.membershipStore;
    this.#permissionTable = parts.permissionTable;
    this.#corpId = parts.corpId;
    this.#tree = parts.tree;
    this.#tags = parts.tags;
    this.#clock = parts.clock;
  }

  /**
   * Access ends at once. WeCom is asked in the background or by the next `verify`. If it reports the
   * member as active, access returns, and WeCom is asked once more a minute later.
   */
  async memberLeft(userid: string, invocation: Invocation): Promise<void> {
    const before = await this.#membershipStore.read(userid);
    await this.#membershipStore.markLeft(userid, this.#clock.now());
    // Thousands may leave the visible range at once, and most of them are not stored. Asking about all
    // of them would use up the calls that sign-ins need.
    if (before) invocation.waitUntil(this.#memberships.refresh(userid, invocation));
  }

  /**
   * Access ends at once. WeCom is not asked for a minute, because it may still report the member as
   * active.
   */
  async memberDeleted(userid: string): Promise<void> {
    const now = this.#clock.now();
    await this.#membershipStore.markLeft(userid, now, now + RECHECK_MS);
  }

  async memberChanged(userid: string, invocation: Invocation): Promise<void> {
    await this.#membershipStore.markChanged(userid, this.#clock.now());
    invocation.waitUntil(this.#memberships.refresh(userid, invocation));
  }

  async departmentChanged(departmentId: number): Promise<void> {
    await this.#tree.discard(departmentId);
    await raiseVersion(this.#permissionTable, this.#corpId);
  }

  async tagChanged(tagId: number): Promise<void> {
    await this.#tags.discard(tagId);
    // Not a condition of the update: that would need a role that may also remove tags from the
    // record. A grant that names the tag later raises the version itself.
    const record = await this.#permissionTable.get(directoryKey(this.#corpId));
    if (!readDirectoryRecord(record).tags.includes(tagId)) return;
    await raiseVersion(this.#permissionTable, this.#corpId);
  }
}
