import type { TimeSource } from '../clock.ts';
import type { DirectoryRecord } from '../directory/directoryRecord.ts';
import {
  type EffectiveMembership,
  effectiveMembership,
  membershipStep,
} from '../directory/freshness.ts';
import { type Membership, readMembership, UNREADABLE_ANSWER } from '../directory/membership.ts';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { type App, GRANT, isPending, membershipSort, subjectPartition } from '../tableKeys.ts';
import { foldUserid } from '../wecom/userid.ts';
import { type Decision, evaluate, type Facts } from './evaluate.ts';
import { readGrant } from './grant.ts';
import type { GroupFacts, GroupGrants } from './groupGrants.ts';
import { readPartition } from './partition.ts';
import { ANY_PERMISSION } from './permissionName.ts';
import { subjectKey } from './subject.ts';

/** Asks WeCom if the stored membership is stale; see Memberships.current. */
export type RenewMembership = (
  userid: string,
  stored: Membership | undefined,
  directory: DirectoryRecord,
  invocation: Invocation,
) => Promise<Membership | undefined>;

/** The facts of a decision, and the membership behind them. */
export interface MemberFacts extends Facts {
  readonly membership: Membership | undefined;
}

/** What decisions about members need. */
export interface MemberPermissionsParts {
  /** The permission table. */
  readonly table: Table;
  readonly app: App;
  readonly groupGrants: Pick<GroupGrants, 'read'>;
  readonly renew: RenewMembership;
  readonly clock: TimeSource;
}

/** 10 MB: more items of one member are a mistake. */
const MAX_PAGES = 10;
/** The most unreadable groups that are checked for denials. With more, the member is refused. */
const MAX_UNREADABLE_GROUPS = 200;

/**
 * Gathers the facts of a decision about one member and one permission.
 *
 *   member's partition ──► own grants, pending work ────────────────┐
 *     (one Query)     └──► membership ──► groups ──► their grants ──┴──► facts
 *                         (if stale,        (cached, else one
 *                          from WeCom)       BatchGetItem)
 *
 * @param userid one that `isUserid` accepts
 * @param permission one that `isPermissionName` accepts, or `*` for the grants of `*` alone; nothing for
 *   every permission, if `groupGrants` reads all grants
 * @throws StoreUnavailable rather than return facts that lack a grant
 */
export async function gatherFacts(
  { table, app, groupGrants, renew, clock }: MemberPermissionsParts,
  userid: string,
  permission: string | undefined,
  invocation: Invocation,
): Promise<MemberFacts> {
  const member = subjectKey({ kind: 'member', userid });
  const partition = subjectPartition(app.corpId, member);
  const items = await readPartition(table, partition, { pages: MAX_PAGES });
  const own = items.filter(({ sk }) => isAsked(String(sk), permission)).map(readGrant);
  const stored = readMembership(items.find(({ sk }) => sk === membershipSort(app.agentId)));

  const before = groupsOf(effectiveMembership(stored, clock.now()));
  const name = permission ?? ANY_PERMISSION;
  let known: GroupFacts = await groupGrants.read(before, name);
  const { directory } = known;
  const step = membershipStep(stored, directory.version, clock.now());
  const membership = step === 'use' ? stored : await renew(userid, stored, directory, invocation);

  const effective = effectiveMembership(membership, clock.now());
  const groups = groupsOf(effective);
  const doubtful = effective?.state === 'active' ? unreadableGroups(effective, directory) : [];
  const unreadable = doubtful.slice(0, MAX_UNREADABLE_GROUPS);
  const all = [...groups, ...unreadable];
  if (all.join() !== before.join()) known = await groupGrants.read(all, name);

  const work = items.filter(isPending);
  const isUnreadable = membership?.snapshot?.why === UNREADABLE_ANSWER;
  return {
    membership,
    member: effective?.state ?? (isUnreadable ? 'unreadable' : 'unknown'),
    pending: work.length > 0,
    isBeingRenamed: work.some(
      (item) => item['change'] === 'renamed' && item['userid'] === foldUserid(userid),
    ),
    subjects: [member, ...groups],
    unreadable,
    tooManyUnreadable: doubtful.length > unreadable.length,
    grants: [...own, ...known.grants],
  };
}

/** Whether an item with this sort key is a grant of the permission or of `*`. */
function isAsked(sk: string, permission: string | undefined): boolean {
  if (permission === undefined) return sk.startsWith(GRANT);
  return sk === GRANT + permission || sk === GRANT + ANY_PERMISSION;
}

/** A decision, and who kept it from being made on all the facts. */
export interface Verdict extends Decision {
  /** Absent: nobody did. */
  readonly fault?: 'wecom';
}

/**
 * Whether a member has a permission.
 *
 * @param userid one that `isUserid` accepts
 * @param permission one that `isPermissionName` accepts, or `*`
 * @throws StoreUnavailable
 */
export type Verify = (
  userid: string,
  permission: string,
  invocation: Invocation,
) => Promise<Verdict>;

/** What WeCom did not tell. The closing line has the advice; see http/errorAdvice.ts. */
const PROBLEMS: { readonly [reason in Decision['reason']]?: string } = {
  'unknown-member': 'WeCom could not be asked about the member',
  'member-unreadable': "WeCom's answer about the member could not be read",
  'group-unreadable': 'a group that a denial names could not be read',
};

/** See `Verify`. Logs a refusal that WeCom caused. */
export async function verifyMember(
  parts: MemberPermissionsParts,
  userid: string,
  permission: string,
  invocation: Invocation,
): Promise<Verdict> {
  const facts = await gatherFacts(parts, userid, permission, invocation);
  const decision = evaluate(facts, permission, parts.clock.now());
  const fault = 'wecom';
  const problem = PROBLEMS[decision.reason];
  if (problem === undefined) return decision;
  invocation.log.warn(`Refused because ${problem}`, {
    reason: decision.reason,
    group: decision.grant?.subject,
    fault,
  });
  return { ...decision, fault };
}

/** Keys of the member's groups, most specific first. */
function groupsOf(effective: EffectiveMembership | undefined): string[] {
  const { departments = [], tags = [] } = effective ?? {};
  return [
    ...departments.map((id) => subjectKey({ kind: 'department', id })),
    ...tags.map((id) => subjectKey({ kind: 'tag', id })),
    subjectKey({ kind: 'everyone' }),
  ];
}

/** Keys of groups that grants name and that the member may belong to, as far as is known. */
function unreadableGroups(
  { departments, ancestorsKnown, tags, otherTags }: EffectiveMembership,
  directory: DirectoryRecord,
): string[] {
  const denied = ancestorsKnown ? [] : directory.deniedDepartments;
  return [
    ...denied
      .filter((id) => !departments.includes(id))
      .map((id) => subjectKey({ kind: 'department', id })),
    ...directory.tags
      .filter((id) => !tags.includes(id) && !otherTags.includes(id))
      .map((id) => subjectKey({ kind: 'tag', id })),
  ];
}
