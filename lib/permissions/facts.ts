import type { Clock } from '../clock.ts';
import { type Membership, readMembership } from '../directory/membership.ts';
import type { RenewMembership } from '../directory/memberships.ts';
import { nextReading, served } from '../directory/nextReading.ts';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { type App, GRANT, membershipSort, PENDING, subjectPartition } from '../tableKeys.ts';
import type { Facts } from './evaluate.ts';
import { readGrant } from './grant.ts';
import type { GroupGrants } from './groupGrants.ts';
import { readPartition } from './partition.ts';
import { ANY_PERMISSION } from './permissionName.ts';
import { subjectKey } from './subject.ts';

/** The facts of a decision, and what they were taken from. */
export interface MemberFacts extends Facts {
  readonly membership: Membership | undefined;
}

/**
 * Gathers what a decision about one member and one permission rests on.
 *
 * ```text
 *   member's partition ──► own grants ──────────────────────────────┐
 *     (one Query)     └──► membership ──► groups ──► their grants ──┴──► facts
 *                         (when due,        (remembered, else one
 *                          asked of WeCom)   BatchGetItem)
 * ```
 *
 * @throws StoreUnavailable: never facts without all the grants
 */
export type GatherFacts = (
  userid: string,
  permission: string,
  invocation: Invocation,
) => Promise<MemberFacts>;

/** A member with more than ten pages of grants is a mistake, and a visitor is waiting. */
const PAGES = 10;

export function createGatherFacts(
  table: Table,
  { corpId, agentId }: App,
  groupGrants: GroupGrants,
  renew: RenewMembership,
  clock: Clock,
): GatherFacts {
  return async function gatherFacts(userid, permission, invocation) {
    const member = subjectKey({ kind: 'member', userid });
    const items = await readPartition(table, subjectPartition(corpId, member), { pages: PAGES });
    const asked = [permission, ANY_PERMISSION].map((name) => GRANT + name);
    const own = items.filter(({ sk }) => asked.includes(String(sk))).map(readGrant);
    const stored = readMembership(items.find(({ sk }) => sk === membershipSort(agentId)));

    const before = groupsOf(stored, clock.now());
    let known = await groupGrants.read(before, permission);
    const next = nextReading(stored, known.directory.version, clock.now());
    const membership =
      next === 'use' ? stored : await renew(userid, stored, known.directory, invocation);
    const groups = groupsOf(membership, clock.now());
    if (groups.join() !== before.join()) known = await groupGrants.read(groups, permission);

    return {
      membership,
      member: served(membership, clock.now())?.state ?? 'unknown',
      pending: items.some(({ sk }) => String(sk).startsWith(PENDING)),
      subjects: [member, ...groups],
      grants: [...own, ...known.grants],
    };
  };
}

/** Keys of the groups that the member counts among, the most particular first. */
function groupsOf(membership: Membership | undefined, now: number): string[] {
  const { departments = [], tags = [] } = served(membership, now) ?? {};
  return [
    ...departments.map((id) => subjectKey({ kind: 'department', id })),
    ...tags.map((id) => subjectKey({ kind: 'tag', id })),
    subjectKey({ kind: 'everyone' }),
  ];
}
