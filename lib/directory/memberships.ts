import type { Clock } from '../clock.ts';
import { WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { poll } from '../poll.ts';
import type { WecomClient } from '../wecom/client.ts';
import type { DepartmentTree } from './departmentTree.ts';
import type { DirectoryRecord } from './directoryRecord.ts';
import {
  ASKING_MS,
  GROUP_SOURCE_AGE_MS,
  groupsStaleness,
  nextStep,
  RETRY_PAUSE_MS,
  sameIds,
  serves,
  snapshotStaleness,
  withRoot,
} from './freshness.ts';
import { readSnapshot } from './memberSnapshot.ts';
import { type MemberGroups, type Membership, UNREADABLE_ANSWER } from './membership.ts';
import type { MembershipStore, Update } from './membershipStore.ts';
import type { TagFacts, Tags } from './tags.ts';

/** Keeps memberships as fresh as freshness.ts says. */
export class Memberships {
  readonly #client: WecomClient;
  readonly #store: MembershipStore;
  readonly #tree: DepartmentTree;
  readonly #tags: Tags;
  readonly #clock: Clock;

  constructor(parts: {
    readonly client: WecomClient;
    readonly store: MembershipStore;
    readonly tree: DepartmentTree;
    readonly tags: Tags;
    readonly clock: Clock;
  }) {
    this.#client = parts.client;
    this.#store = parts.store;
    this.#tree = parts.tree;
    this.#tags = parts.tags;
    this.#clock = parts.clock;
  }

  /**
   * The member's membership. Where it is due, one caller asks WeCom, while others wait for the
   * answer or go on with what is stored. If WeCom cannot be asked, what is stored.
   *
   * @param stored as just read from the store
   * @param directory the record that this instance knows
   * @throws StoreUnavailable
   */
  async current(
    userid: string,
    stored: Membership | undefined,
    directory: DirectoryRecord,
    invocation: Invocation,
  ): Promise<Membership | undefined> {
    let known = stored;
    let looked = false;
    const settled = async (): Promise<true | undefined> => {
      if (looked) known = await this.#store.read(userid);
      looked = true;
      switch (nextStep(known, directory.version, this.#clock.now())) {
        case 'use':
          return true;
        case 'use-and-renew':
          invocation.waitUntil(this.#renew(userid, known, directory, invocation));
          return true;
        case 'renew': {
          const renewed = await this.#renew(userid, known, directory, invocation);
          known = renewed ?? known;
          return renewed && true;
        }
        case 'wait':
          return undefined;
      }
    };
    const until = Math.min(this.#clock.now() + ASKING_MS, invocation.deadline);
    await poll(settled, until, this.#clock);
    return known;
  }

  /**
   * Asks WeCom about a member of whom something is stored, if that is due and nobody is doing it.
   * Groups are left to the next `verify`, which knows the directory record.
   *
   * @throws StoreUnavailable
   */
  async refresh(userid: string, invocation: Invocation): Promise<void> {
    const stored = await this.#store.read(userid);
    if (stored?.snapshot === undefined) return;
    if (snapshotStaleness(stored, this.#clock.now()) === 'fresh') return;
    await this.#renew(userid, stored, undefined, invocation);
  }

  /** @returns nothing when another was first, here or while WeCom was asked: look at the store again */
  async #renew(
    userid: string,
    stored: Membership | undefined,
    directory: DirectoryRecord | undefined,
    invocation: Invocation,
  ): Promise<Membership | undefined> {
    const start = this.#clock.now();
    const owner = crypto.randomUUID();
    if (!(await this.#store.claim(userid, owner, stored, start))) return undefined;
    const deadline = Math.min(invocation.deadline, start + ASKING_MS);
    const { failed, ...update } = await this.#ask(userid, stored, directory, {
      ...invocation,
      deadline,
    });

    const retryAt = this.#clock.now() + RETRY_PAUSE_MS;
    if (update.snapshot === undefined && update.groups === undefined) {
      await this.#store.pause(userid, owner, retryAt);
      return { ...stored, retryAt };
    }
    const renewed = { ...update, ...(failed && { retryAt }) };
    if (!(await this.#store.update(userid, owner, stored, renewed))) return undefined;
    return {
      ...stored,
      ...(update.snapshot && { snapshot: update.snapshot }),
      ...(update.groups && { groups: update.groups }),
    };
  }

  /** What is due, as far as WeCom can be asked. */
  async #ask(
    userid: string,
    stored: Membership | undefined,
    directory: DirectoryRecord | undefined,
    invocation: Invocation,
  ): Promise<Update & { readonly failed: boolean }> {
    let snapshot: Membership['snapshot'];
    if (snapshotStaleness(stored, this.#clock.now()) !== 'fresh') {
      try {
        snapshot = await readSnapshot(this.#client, userid, this.#clock, invocation);
      } catch (error) {
        if (!(error instanceof WecomAuthError)) throw error;
        invocation.log.warn('WeCom could not be asked about a member: what is stored serves', {
          ...error.details,
          error: error.code,
        });
        return { failed: true };
      }
    }
    if (snapshot?.why === UNREADABLE_ANSWER) {
      invocation.log.warn('The answer about a member cannot be read: the member is refused');
      return { snapshot, failed: true };
    }
    const known = { ...stored, ...(snapshot && { snapshot }) };
    const now = this.#clock.now();
    if (directory === undefined || groupsStaleness(known, directory.version, now) === 'fresh') {
      return { snapshot, failed: false };
    }
    const of = known.snapshot?.departments ?? [];
    const { groups, failed } = await this.#workOut(userid, of, stored, directory, invocation);
    return { snapshot, groups, failed };
  }

  /**
   * The groups that a member's own departments come to. What cannot be read now is taken from what
   * is stored, while that serves, and else is unknown.
   */
  async #workOut(
    userid: string,
    of: readonly number[],
    stored: Membership | undefined,
    directory: DirectoryRecord,
    invocation: Invocation,
  ): Promise<{ groups: MemberGroups; failed: boolean }> {
    const now = this.#clock.now();
    const freshness = { version: directory.version, age: GROUP_SOURCE_AGE_MS };
    const [above, tagFacts] = await Promise.all([
      this.#tree.ancestors(of, directory.deniedDepartments, invocation, freshness),
      this.#tags.factsAbout(userid, directory.tags, invocation, freshness),
    ]);
    const earlier = earlierGroups(stored, of, now);
    const kept = !above.complete && earlier?.ancestorsKnown ? earlier : undefined;
    const departments = withRoot((kept ?? above).departments);
    const ancestorsKnown = above.complete || kept !== undefined;

    let fromEarlier = kept !== undefined;
    const sorted = { tags: [] as number[], otherTags: [] as number[], unknownTags: [] as number[] };
    for (const id of directory.tags) {
      const facts = tagFacts.get(id);
      let place = facts && placeOf(facts, departments, ancestorsKnown);
      if (facts === undefined) {
        place = earlier?.tags.includes(id)
          ? 'tags'
          : earlier?.otherTags.includes(id)
            ? 'otherTags'
            : undefined;
        fromEarlier ||= place !== undefined;
      }
      sorted[place ?? 'unknownTags'].push(id);
    }
    return {
      groups: {
        of,
        departments,
        ancestorsKnown,
        ...sorted,
        // As old as its oldest part, so that nothing serves for longer than a day.
        version: fromEarlier && earlier ? earlier.version : directory.version,
        workedOutAt: fromEarlier && earlier ? earlier.workedOutAt : now,
      },
      failed: fromEarlier || !ancestorsKnown || sorted.unknownTags.length > 0,
    };
  }
}

/** Where a tag belongs. Whether its departments bring those below them along is not documented: here they do. */
function placeOf(
  { listsMember, departments: ofTag, complete }: TagFacts,
  departments: readonly number[],
  ancestorsKnown: boolean,
): 'tags' | 'otherTags' | 'unknownTags' {
  if (listsMember || ofTag.some((id) => departments.includes(id))) return 'tags';
  if (!complete || (!ancestorsKnown && ofTag.length > 0)) return 'unknownTags';
  return 'otherTags';
}

/** What was worked out from the same departments, while it serves. */
function earlierGroups(
  stored: Membership | undefined,
  of: readonly number[],
  now: number,
): MemberGroups | undefined {
  const { groups } = stored ?? {};
  if (groups === undefined || !serves(groups.workedOutAt, now)) return undefined;
  return sameIds(groups.of, of) ? groups : undefined;
}
