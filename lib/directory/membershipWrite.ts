import type { Item, Value } from '../dynamodb/item.ts';
import type { Expression, Table } from '../dynamodb/table.ts';
import { type App, membershipKey } from '../tableKeys.ts';
import { STORED_USABLE_MS } from './freshness.ts';
import type { Snapshot } from './membership.ts';

/* Separate from membershipStore.ts, so that a sign-in loads no more than it needs. */

/** DynamoDB may delete an item this long after its snapshot. It is no longer used then. */
const KEPT_MS = STORED_USABLE_MS + 60 * 60_000;

/** @returns seconds since the epoch, for DynamoDB; `time` is in milliseconds */
export function ttlAfter(time: number): number {
  return Math.ceil((time + KEPT_MS) / 1_000);
}

/**
 * Writes the snapshot of a sign-in, and ends any claim.
 *
 * @returns false if a newer snapshot is stored, or if an event came and fewer than two snapshots were
 *   taken under claims since; see MembershipStore
 * @throws StoreUnavailable
 */
export function writeObserved(
  table: Table,
  app: App,
  userid: string,
  snapshot: Snapshot,
): Promise<boolean> {
  const set = { ...snapshot, ttl: ttlAfter(snapshot.readAt) };
  const expression =
    'attribute_not_exists(outdated) AND attribute_not_exists(settling) AND (attribute_not_exists(readAt) OR readAt <= :readAt)';
  return writeMembership(table, app, userid, set, ['retryAt'], { expression });
}

/**
 * One UpdateItem of a membership, which ends any claim and raises the revision.
 *
 * @param remove names of attributes; those that `set` has are not removed
 * @returns whether the condition held
 * @throws StoreUnavailable
 */
export function writeMembership(
  table: Table,
  app: App,
  userid: string,
  set: Item,
  remove: readonly string[],
  condition?: Expression,
): Promise<boolean> {
  const names = Object.keys(set);
  const assignments = names.map((name) => `#${name} = :${name}`);
  // WeCom showed the member, so a member who is created under this userid later is another person.
  if (String(set['why']).startsWith('status')) {
    assignments.push('firstReadAt = if_not_exists(firstReadAt, :readAt)');
  }
  const removed = ['claimedUntil', 'claimedBy', ...remove].filter((name) => !(name in set));
  return table.update(
    membershipKey(app, userid),
    {
      expression: `SET ${assignments.join(', ')} REMOVE ${removed.join(', ')} ADD revision :one`,
      names: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      values: {
        ...Object.fromEntries(names.map((name) => [`:${name}`, set[name] as Value])),
        ...condition?.values,
        ':one': 1,
      },
    },
    condition?.expression,
  );
}
