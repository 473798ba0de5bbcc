import type { Clock } from '../clock.ts';
import { MEMBERSHIP, readMembership } from '../directory/membership.ts';
import type { Memberships } from '../directory/memberships.ts';
import { served } from '../directory/nextReading.ts';
import type { Item } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { type Decision, evaluate, type Facts } from './evaluate.ts';
import { GRANT, readGrant } from './grant.ts';
import type { GroupGrants } from './groupGrants.ts';
import { subjectKey } from './subject.ts';

/**
 * Whether a member has a permission.
 *
 * ```text
 *   member's partition ──► own grants ─────────────────────────────────┐
 *     (one Query)    └──► membership ─► groups ─► their grants ────────┴─► evaluate ─► decision
 *                          (when due, WeCom is asked)  (memory, else one BatchGetItem)
 * ```
 *
 * @param userid one that `isUserid` accepts
 * @param permission one that `isPermissionName` accepts
 * @throws StoreUnavailable: never a decision without all the grants
 */
export type Verify = (
  userid: string,
  permission: string,
  invocation: Invocation,
) => Promise<Decision>;

/** Pages of one partition, 1 MB each: thousands of grants. */
const PAGES = 10;

export function createVerify(
  table: Table,
  groupGrants: GroupGrants,
  memberships: Memberships,
  clock: Clock,
): Verify {
  return async function verify(userid, permission, invocation) {
    const member = subjectKey({ kind: 'member', userid });
    const items = await partition(table, member);
    const own = items.filter((item) => String(item['sk']).startsWith(GRANT)).map(readGrant);
    const stored = readMembership(items.find((item) => item['sk'] === MEMBERSHIP));

    const before = groupsOf(stored, clock.now());
    const known = await groupGrants.read(before, permission);
    const current = await memberships.current(userid, stored, known.directory, invocation);
    const now = clock.now();
    const groups = groupsOf(current, now);
    const grants =
      groups.join() === before.join()
        ? known.grants
        : (await groupGrants.read(groups, permission)).grants;
    const facts: Facts = {
      member: served(current, now)?.state ?? 'unknown',
      subjects: [member, ...groups],
      grants: [...own, ...grants],
    };
    return evaluate(facts, permission, now);
  };
}

/** Keys of the groups that a decision counts the member among, the most particular first. */
export function groupsOf(membership: Parameters<typeof served>[0], now: number): string[] {
  const { departments = [], tags = [] } = served(membership, now) ?? {};
  return [
    ...departments.map((id) => subjectKey({ kind: 'department', id })),
    ...tags.map((id) => subjectKey({ kind: 'tag', id })),
    subjectKey({ kind: 'everyone' }),
  ];
}

async function partition(table: Table, pk: string): Promise<Item[]> {
  const items: Item[] = [];
  let after: Key | undefined;
  for (let page = 0; page < PAGES; page++) {
    const { items: more, next } = await table.query(pk, after && { after });
    items.push(...more);
    if (next === undefined) return items;
    after = next;
  }
  throw new StoreUnavailable('A member has more grants than can be read', { reason: 'too many' });
}
