import type { Details } from '../errors.ts';
import { counts, type Grant } from './grant.ts';
import { ANY_PERMISSION } from './permissionName.ts';

/** Everything that a decision depends on. */
export interface Facts {
  /**
   * `gone`: left, disabled, not activated, or outside the app's visible range. `unknown`: WeCom could not
   * be asked. `unreadable`: its answer could not be read.
   */
  readonly member: 'active' | 'gone' | 'unknown' | 'unreadable';
  /**
   * Keys of all the member's subjects, most specific first: the member, its departments and those
   * above them, its tags, everyone.
   */
  readonly subjects: readonly string[];
  /** Keys of groups that could not be read: the member may belong to them. */
  readonly unreadable: readonly string[];
  /** Whether there are more such groups than `unreadable` lists: any of them may be denied. */
  readonly tooManyUnreadable: boolean;
  /** Whether grants of the member are yet to be suspended or moved. */
  readonly pending: boolean;
  /**
   * Whether part of that work is that the person behind the userid has another one. WeCom no longer knows
   * this one, but the person is still a member.
   */
  readonly isBeingRenamed: boolean;
  /** At least all grants for the permission or `*` of these subjects and groups. */
  readonly grants: readonly Grant[];
}

export interface Decision {
  readonly authorized: boolean;
  readonly reason:
    | 'unknown-member'
    | 'member-unreadable'
    | 'member-gone'
    | 'grants-pending'
    | 'denied'
    | 'group-unreadable'
    | 'allowed'
    | 'no-grant';
  /** The grant that decided; of several, the most specific one. */
  readonly grant?: Grant;
}

/** A decision for the log. Of the grant that decided it has only the kind of subject. */
export function decisionFacts(
  { authorized, reason, grant }: Decision,
  permission: string,
): Details {
  return {
    permission,
    authorized,
    decision: reason,
    // A key of subject.ts, such as `department#7`.
    decidedBy: grant?.subject.split('#')[0],
  };
}

/**
 * The rule, in this order:
 *
 * 1. a member who is gone or unknown is refused, with the reason of 2 if the person is being renamed;
 * 2. a member whose own grants are yet to be suspended or moved is refused;
 * 3. any denial that applies refuses, whatever else is granted;
 * 4. any denial that may apply, because its group could not be read, refuses as well, and so do more
 *    such groups than are checked;
 * 5. any grant that applies allows; one whose group could not be read does not count;
 * 6. otherwise refused.
 *
 * A grant applies when its subject is among the member's, its permission is the one asked about or
 * `*`, and it has neither expired nor been suspended.
 */
export function evaluate(facts: Facts, permission: string, now: number): Decision {
  const { member, pending, subjects, unreadable, grants } = facts;
  if (facts.isBeingRenamed) return { authorized: false, reason: 'grants-pending' };
  if (member === 'unreadable') return { authorized: false, reason: 'member-unreadable' };
  if (member === 'gone') return { authorized: false, reason: 'member-gone' };
  if (member !== 'active') return { authorized: false, reason: 'unknown-member' };
  if (pending) return { authorized: false, reason: 'grants-pending' };

  const about = grants
    .filter((grant) => grant.permission === permission || isWildcard(grant))
    .filter((grant) => counts(grant, now));
  const applicable = bySpecificity(about, subjects);
  const denial = applicable.find(({ effect }) => effect === 'deny');
  if (denial) return { authorized: false, reason: 'denied', grant: denial };
  const doubt = bySpecificity(about, unreadable).find(({ effect }) => effect === 'deny');
  if (doubt) return { authorized: false, reason: 'group-unreadable', grant: doubt };
  if (facts.tooManyUnreadable) return { authorized: false, reason: 'group-unreadable' };
  const allowance = applicable.find(({ effect }) => effect === 'allow');
  if (allowance) return { authorized: true, reason: 'allowed', grant: allowance };
  return { authorized: false, reason: 'no-grant' };
}

/** The grants of these subjects, the most specific subject first. */
function bySpecificity(grants: readonly Grant[], subjects: readonly string[]): Grant[] {
  return grants
    .filter(({ subject }) => subjects.includes(subject))
    .sort(
      (a, b) =>
        subjects.indexOf(a.subject) - subjects.indexOf(b.subject) ||
        Number(isWildcard(a)) - Number(isWildcard(b)),
    );
}

function isWildcard({ permission }: Grant): boolean {
  return permission === ANY_PERMISSION;
}
