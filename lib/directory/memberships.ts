import type { Clock } from '../clock.ts';
import { WecomAuthError } from '../errors.ts';
import { type Invocation, isOutOfTime } from '../invocation.ts';
import { poll } from '../poll.ts';
import type { WecomClient } from '../wecom/client.ts';
import type { DepartmentTree } from './departmentTree.ts';
import type { DirectoryRecord } from './directoryRecord.ts';
import {
  ASKING_MS,
  GROUP_SOURCE_AGE_MS,
  groupsStaleness,
  isStillUsable,
  membershipStep,
  RETRY_PAUSE_MS,
  sameIds,
  snapshotStaleness,
  withRoot,
} from './freshness.ts';
import { readSnapshot } from './memberSnapshot.ts';
import { type MemberGroups, type Membership, UNREADABLE_ANSWER } from './membership.ts';
import type { MembershipStore, Update } from './membershipStore.ts';
import type { TagFacts, Tags } from './tags.ts';

/** Renews memberships by the rules of freshness.ts. */
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
   * The member's membership. If it is stale, one caller asks WeCom while others wait for the result,
   * for at most 5 s. If WeCom cannot be asked, returns what is stored.
   *
   * @param stored as just read from the store
   * @param directory as this instance last read it
   * @throws StoreUnavailable
   */
  async current(
    userid: string,
    stored: Membership | undefined,
    directory: DirectoryRecord,
    invocation: Invocation,
  ): Promise<Membership | undefined> {
    let latest = stored;
    let isFirst = true;
    const check = async (): Promise<true | undefined> => {
      if (!isFirst) latest = await this.#store.read(userid);
      isFirst = false;
      switch (membershipStep(latest, directory.version, this.#clock.now())) {
        case 'use':
          return true;
        case 'use-and-renew':
          invocation.waitUntil(this.#renew(userid, latest, directory, invocation));
          return true;
        case 'renew': {
          const renewed = await this.#renew(userid, latest, directory, invocation);
          latest = renewed ?? latest;
          return renewed && true;
        }
        case 'wait':
          return undefined;
      }
    };
    const until = Math.min(this.#clock.now() + ASKING_MS, invocation.deadline);
    await poll(check, until, this.#clock);
    return latest;
  }

  /**
   * Asks WeCom about a stored member whose snapshot is stale, unless another caller is asking. The
   * groups are left to the next `verify`, which has the directory record.
   *
   * @throws StoreUnavailable
   */
  async refresh(userid: string, invocation: Invocation): Promise<void> {
    const stored = await this.#store.read(userid);
    if (stored?.snapshot === undefined) return;
    if (snapshotStaleness(stored, this.#clock.now()) === 'fresh') return;
    await this.#renew(userid, stored, undefined, invocation);
  }

  /** @returns nothing if another caller or an event came first: read the store again */
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

    const now = this.#clock.now();
    const retryAt = isOutOfTime(invocation, now) ? now : now + RETRY_PAUSE_MS;
    if (update.snapshot === undefined && update.groups === undefined) {
      await this.#store.update(userid, owner, stored, { retryAt });
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

  /** Reads the stale parts from WeCom. `failed`: at least one of them could not be read. */
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
        invocation.log.warn(
          'WeCom could not be asked about a member: only what is stored can be used',
          {
            ...error.details,
            error: error.code,
          },
        );
        return { failed: true };
      }
    }
    if (snapshot?.why === UNREADABLE_ANSWER) return { snapshot, failed: true };
    const known = { ...stored, ...(snapshot && { snapshot }) };
    const now = this.#clock.now();
    if (directory === undefined || groupsStaleness(known, directory.version, now) === 'fresh') {
      return { snapshot, failed: false };
    }
    const of = known.snapshot?.departments ?? [];
    const { groups, failed } = await this.#computeGroups(userid, of, stored, directory, invocation);
    return { snapshot, groups, failed };
  }

  /**
   * Computes the groups from the member's own departments. Parts that cannot be read are taken from the
   * stored groups if those may still be used, and are unknown otherwise.
   */
  async #computeGroups(
    userid: string,
    of: readonly number[],
    stored: Membership | undefined,
    directory: DirectoryRecord,
    invocation: Invocation,
  ): Promise<{ groups: MemberGroups; failed: boolean }> {
    const now = this.#clock.now();
    const freshness = { version: directory.version, maxAgeMs: GROUP_SOURCE_AGE_MS };
    const [above, tagFacts] = await Promise.all([
      this.#tree.ancestors(of, directory.deniedDepartments, invocation, freshness),
      this.#tags.factsAbout(userid, directory.tags, invocation, freshness),
    ]);
    const earlier = above.unreadable ? undefined : earlierGroups(stored, of, now);
    const kept = !above.complete && earlier?.ancestorsKnown ? earlier : undefined;
    const departments = withRoot((kept ?? above).departments);
    const ancestorsKnown = above.complete || kept !== undefined;

    let usesEarlier = kept !== undefined;
    const lists = { tags: [] as number[], otherTags: [] as number[], unknownTags: [] as number[] };
    for (const id of directory.tags) {
      const facts = tagFacts.get(id);
      let list: keyof typeof lists = 'unknownTags';
      if (facts !== undefined) list = listOf(facts, departments, ancestorsKnown);
      else if (earlier?.tags.includes(id)) list = 'tags';
      else if (earlier?.otherTags.includes(id)) list = 'otherTags';
      if (facts === undefined && list !== 'unknownTags') usesEarlier = true;
      lists[list].push(id);
    }
    // The age of the oldest part, so that none is used for longer than a day.
    const source = usesEarlier ? earlier : undefined;
    return {
      groups: {
        of,
        departments,
        ancestorsKnown,
        ...lists,
        version: source?.version ?? directory.version,
        workedOutAt: source?.workedOutAt ?? now,
      },
      failed: usesEarlier || !ancestorsKnown || lists.unknownTags.length > 0,
    };
  }
}

/**
 * Which list of the member's groups the tag belongs to. It is not documented whether a tag of a
 * department applies to the departments below it: here it does.
 */
function listOf(
  { listsMember, departments: ofTag, complete }: TagFacts,
  departments: readonly number[],
  ancestorsKnown: boolean,
): 'tags' | 'otherTags' | 'unknownTags' {
  if (listsMember || ofTag.some((id) => departments.includes(id))) return 'tags';
  if (!complete || (!ancestorsKnown && ofTag.length > 0)) return 'unknownTags';
  return 'otherTags';
}

/** The stored groups, if they are of the same departments and may still be used. */
function earlierGroups(
  stored: Membership | undefined,
  of: readonly number[],
  now: number,
): MemberGroups | undefined {
  const { groups } = stored ?? {};
  if (groups === undefined || !isStillUsable(groups.workedOutAt, now)) return undefined;
  return sameIds(groups.of, of) ? groups : undefined;
}
