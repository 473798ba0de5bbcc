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
 * What an event of WeCom's says to read again. None says what the new state is, because events come
 * late, twice and in any order.
 *
 * Each first writes that what is stored is out of date, so that nothing is lost when it ends there,
 * and each may be repeated. Each throws StoreUnavailable; then it has had no effect.
 */
export interface DirectoryChanges {
  /** `unsubscribe`: the member is out of the app's sight. */
  memberLeft(userid: string, invocation: Invocation): Promise<void>;
  /** `delete_user`. */
  memberDeleted(userid: string, invocation: Invocation): Promise<void>;
  /** WeCom is asked again, now or by the next `verify`; not about a member never asked about. */
  memberChanged(userid: string, invocation: Invocation): Promise<void>;
  /** Every member's departments are worked out again when next needed. */
  departmentChanged(departmentId: number, invocation: Invocation): Promise<void>;
  /** The same for tags, if a grant names this one. */
  tagChanged(tagId: number, invocation: Invocation): Promise<void>;
}

/** Has these effects on what is stored. */
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
   * Access ends at once, and comes back if WeCom, asked again now or by the next `verify`, says
   * `active`; it is then asked once more a minute later.
   */
  async memberLeft(userid: string, invocation: Invocation): Promise<void> {
    const before = await this.#membershipStore.read(userid);
    await this.#membershipStore.markLeft(userid, this.#clock.now());
    // Thousands may leave the visible range at once, and most of them nobody ever asked about: to
    // ask WeCom about all would use up the calls that sign-ins need. The next `verify` asks.
    if (before) invocation.waitUntil(this.#memberships.refresh(userid, invocation));
  }

  /**
   * Access ends at once. For a minute WeCom may still call the member active, so nobody asks before
   * that is over.
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
    // Not as a condition of the update: it would need a role that may also remove tags from the
    // record. A grant that names the tag from now on raises the version itself.
    const record = await this.#permissionTable.get(directoryKey(this.#corpId));
    if (!readDirectoryRecord(record).tags.includes(tagId)) return;
    await raiseVersion(this.#permissionTable, this.#corpId);
  }
}
