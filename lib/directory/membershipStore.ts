import type { Item, Value } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { type App, membershipKey } from '../tableKeys.ts';
import { type Membership, readMembership } from './membership.ts';
import { CLAIM, STORED_SERVES } from './nextReading.ts';

/** Memberships in the permission table, each beside the member's own grants. */
export interface MembershipStore {
  read(userid: string): Promise<Membership | undefined>;
  /**
   * One caller of many gets the claim to ask WeCom about the member: it is one conditional write.
   *
   * @param owner of this claim alone, so that an answer lost on the way does not lose the claim
   * @param seen what is stored, as the caller has seen it: who comes when another has just asked,
   *   and been answered, does not ask again
   */
  claim(userid: string, owner: string, seen: Membership | undefined, now: number): Promise<boolean>;
  /**
   * Writes what is given, keeps what is not, and ends any claim. A reading that is older than the
   * stored one (a sign-in or an event came between) changes nothing.
   *
   * @returns whether it was written
   */
  save(userid: string, news: News): Promise<boolean>;
  /** Ends a claim that came to nothing: nobody asks again before `retryAt`. */
  pause(userid: string, retryAt: number): Promise<void>;
  /**
   * Makes a reading from before this moment out of date, be it stored or still under way; ends any
   * claim and any pause.
   *
   * @returns whether anybody ever asked about the member
   */
  markChanged(userid: string, now: number): Promise<boolean>;
}

export type News = Pick<Membership, 'groups' | 'changedAt' | 'retryAt'> &
  Required<Pick<Membership, 'reading'>>;

/** Past it the item only costs money: DynamoDB may delete it. */
const KEPT = STORED_SERVES + 60 * 60_000;

export function createMembershipStore(table: Table, app: App): MembershipStore {
  const ttlAfter = (time: number) => Math.ceil((time + KEPT) / 1_000);

  return {
    async read(userid) {
      return readMembership(await table.get(membershipKey(app, userid)));
    },

    claim(userid, owner, seen, now) {
      const revision = seen?.revision;
      return table.update(
        membershipKey(app, userid),
        {
          expression:
            'SET claimedUntil = :until, claimedBy = :owner, #ttl = if_not_exists(#ttl, :ttl)',
          names: { '#ttl': 'ttl' },
          values: {
            ':until': now + CLAIM,
            ':owner': owner,
            ':ttl': ttlAfter(now),
            ':now': now,
            ...(revision !== undefined && { ':revision': revision }),
          },
        },
        [
          '(attribute_not_exists(claimedUntil) OR claimedUntil <= :now OR claimedBy = :owner)',
          '(attribute_not_exists(retryAt) OR retryAt <= :now)',
          revision === undefined ? 'attribute_not_exists(revision)' : 'revision = :revision',
        ].join(' AND '),
      );
    },

    save(userid, { reading, groups, changedAt, retryAt }) {
      const set: Item = {
        ...reading,
        groups: groups && { ...groups },
        changedAt,
        retryAt,
        ttl: ttlAfter(reading.readAt),
      };
      const present = Object.entries(set).filter(([, value]) => value !== undefined);
      const assignments = present.map(([name]) => `#${name} = :${name}`);
      // WeCom knew the userid: somebody who is created under it later is somebody else.
      if (reading.why.startsWith('status')) {
        assignments.push('firstReadAt = if_not_exists(firstReadAt, :readAt)');
      }
      const gone = ['claimedUntil', 'claimedBy', ...(retryAt === undefined ? ['retryAt'] : [])];
      return table.update(
        membershipKey(app, userid),
        {
          expression: `SET ${assignments.join(', ')} REMOVE ${gone.join(', ')} ADD revision :one`,
          names: Object.fromEntries(present.map(([name]) => [`#${name}`, name])),
          values: {
            ...Object.fromEntries(present.map(([name, value]) => [`:${name}`, value as Value])),
            ':one': 1,
          },
        },
        'attribute_not_exists(readAt) OR readAt <= :readAt',
      );
    },

    async pause(userid, retryAt) {
      await table.update(membershipKey(app, userid), {
        expression:
          'SET retryAt = :retryAt, #ttl = if_not_exists(#ttl, :ttl) REMOVE claimedUntil, claimedBy ADD revision :one',
        names: { '#ttl': 'ttl' },
        values: { ':retryAt': retryAt, ':ttl': ttlAfter(retryAt), ':one': 1 },
      });
    },

    markChanged: (userid, now) =>
      table.update(
        membershipKey(app, userid),
        {
          expression:
            'SET changedAt = :now REMOVE claimedUntil, claimedBy, retryAt ADD revision :one',
          values: { ':now': now, ':one': 1 },
        },
        'attribute_exists(pk)',
      ),
  };
}
