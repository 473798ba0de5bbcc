import type { Item, Value } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { type App, membershipKey } from '../tableKeys.ts';
import { CLAIM_MS, CLOCK_SKEW_MS, RECHECK_MS, RETRY_PAUSE_MS } from './freshness.ts';
import { type MemberGroups, type Membership, readMembership, type Snapshot } from './membership.ts';
import { ttlAfter, writeMembership } from './membershipWrite.ts';

/** The result of a renewal. Absent parts stay as they are stored. */
export interface Update {
  readonly snapshot?: Snapshot | undefined;
  readonly groups?: MemberGroups | undefined;
  /** Set if WeCom could not be asked about a part: the time before which nobody asks again. */
  readonly retryAt?: number | undefined;
}

/**
 * Memberships in the permission table, each beside the member's own grants. Times are in milliseconds
 * since the epoch. Every method throws StoreUnavailable.
 *
 * An event always counts, independent of clocks. It is one unconditional write, which marks the item
 * and ends any claim. Only a snapshot that was taken under a claim, and is written while that claim
 * still exists, clears the mark:
 *
 *   verify     claim ── user/get ──────────── update: refused, the claim is gone
 *   event                  └─ outdated, no claim
 *   verify                        claim ── user/get ── update: `outdated` is cleared
 *
 * A sign-in asks WeCom without a claim, so its snapshot may be from before an event. Sign-ins do not
 * write until two snapshots were taken under claims since the event: the first clears `outdated`, the
 * second `settling`.
 */
export class MembershipStore {
  readonly #table: Table;
  readonly #app: App;

  constructor({ table, app }: { readonly table: Table; readonly app: App }) {
    this.#table = table;
    this.#app = app;
  }

  async read(userid: string): Promise<Membership | undefined> {
    return readMembership(await this.#table.get(membershipKey(this.#app, userid)));
  }

  /**
   * Gives one caller of many the right to ask WeCom about the member: one conditional write.
   *
   * @param owner identifies the claim, so that a request that is sent again gets the same claim
   * @param seen what the caller read; the claim is refused if something was written since
   */
  claim(
    userid: string,
    owner: string,
    seen: Membership | undefined,
    now: number,
  ): Promise<boolean> {
    const claim = { claimedUntil: now + CLAIM_MS, claimedBy: owner };
    const revision = seen?.revision;
    if (seen?.unreadable) return this.#replace(userid, claim, revision, now);
    return this.#table.update(
      membershipKey(this.#app, userid),
      {
        expression:
          'SET claimedUntil = :until, claimedBy = :owner, #ttl = if_not_exists(#ttl, :ttl)',
        names: { '#ttl': 'ttl' },
        values: {
          ':until': claim.claimedUntil,
          ':owner': owner,
          ':ttl': ttlAfter(now),
          ':now': now,
          ':longestClaim': now + CLAIM_MS + CLOCK_SKEW_MS,
          ':longestPause': now + RETRY_PAUSE_MS + CLOCK_SKEW_MS,
          ...(revision !== undefined && { ':revision': revision }),
        },
      },
      [
        '(attribute_not_exists(claimedUntil) OR claimedUntil <= :now OR claimedUntil > :longestClaim OR claimedBy = :owner)',
        '(attribute_not_exists(retryAt) OR retryAt <= :now OR retryAt > :longestPause)',
        revision === undefined ? 'attribute_not_exists(revision)' : 'revision = :revision',
      ].join(' AND '),
    );
  }

  /**
   * Writes the result of the holder of a claim, and ends the claim.
   *
   * @param seen what was stored before the claim
   * @returns false if the claim was lost to an event or to another caller: nothing was written
   */
  update(
    userid: string,
    owner: string,
    seen: Membership | undefined,
    { snapshot, groups, retryAt }: Update,
  ): Promise<boolean> {
    const set: Record<string, Value | undefined> = {
      ...snapshot,
      ...(groups && { groups: { ...groups } }),
      ...(retryAt !== undefined && { retryAt }),
      ...(snapshot && { ttl: ttlAfter(snapshot.readAt) }),
    };
    const remove = retryAt === undefined ? ['retryAt'] : [];
    if (snapshot && (seen?.outdated || seen?.unreadable)) {
      remove.push('outdated', 'hasLeft', 'goneUntil', 'recheckAt');
      if (seen.hasLeft && snapshot.state === 'active') {
        set['recheckAt'] = snapshot.readAt + RECHECK_MS;
      }
    } else if (snapshot) {
      remove.push('settling', 'recheckAt');
    }
    const condition = { expression: 'claimedBy = :owner', values: { ':owner': owner } };
    return writeMembership(this.#table, this.#app, userid, set, remove, condition);
  }

  /** After an event about a change: what is stored or being read is out of date. */
  async markChanged(userid: string, now: number): Promise<void> {
    const set = { outdated: true, settling: true, ttl: ttlAfter(now) };
    await writeMembership(this.#table, this.#app, userid, set, ['retryAt']);
  }

  /**
   * After an event that the member left: access ends with this write.
   *
   * @param goneUntil WeCom is not asked before then; if absent, it may be asked at once
   */
  async markLeft(userid: string, now: number, goneUntil?: number): Promise<void> {
    const snapshot: Snapshot = { state: 'gone', why: 'event', departments: [], readAt: now };
    const set = {
      ...snapshot,
      outdated: true,
      settling: true,
      hasLeft: true,
      ttl: ttlAfter(now),
      ...(goneUntil !== undefined && { goneUntil }),
    };
    await writeMembership(this.#table, this.#app, userid, set, ['recheckAt', 'retryAt']);
  }

  /**
   * Replaces an item that cannot be read by a claim. It is marked as after an event, because the item
   * may have been marked.
   */
  #replace(
    userid: string,
    claim: Item,
    revision: number | undefined,
    now: number,
  ): Promise<boolean> {
    const set = {
      ...claim,
      outdated: true,
      settling: true,
      ttl: ttlAfter(now),
      revision: (revision ?? 0) + 1,
    };
    const names = Object.keys(set);
    return this.#table.update(
      membershipKey(this.#app, userid),
      {
        expression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')} REMOVE #state, why, departments, readAt, groups, hasLeft, goneUntil, recheckAt, retryAt`,
        names: {
          '#state': 'state',
          ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
        },
        values: {
          ...Object.fromEntries(
            names.map((name) => [`:${name}`, set[name as keyof typeof set] as Value]),
          ),
          ...(revision === undefined ? { ':type': 'N' } : { ':seen': revision }),
        },
      },
      revision === undefined ? 'NOT attribute_type(revision, :type)' : 'revision = :seen',
    );
  }
}
