import type { Grant } from './grant.ts';
import { ANY_PERMISSION } from './permissionName.ts';

/** All that a decision rests on. */
export interface Facts {
  /** `gone`: left, disabled, not activated or out of the app's sight. `unknown`: WeCom could not be asked. */
  readonly member: 'active' | 'gone' | 'unknown';
  /**
   * Keys of every subject the member is among, the most particular first: the member, its
   * departments and those above them, its tags, everyone.
   */
  readonly subjects: readonly string[];
  /** All grants of these subjects about the permission, and perhaps others. */
  readonly grants: readonly Grant[];
}

export interface Decision {
  readonly authorized: boolean;
  readonly reason: 'unknown-member' | 'member-gone' | 'denied' | 'allowed' | 'no-grant';
  /** The grant that decided; of several, the most particular one. */
  readonly grant?: Grant;
}

/**
 * The rule, in this order:
 *
 * 1. a member who is gone, or of whom nothing is known, is refused;
 * 2. any denial that applies refuses, whatever else is granted;
 * 3. any grant that applies allows;
 * 4. otherwise refused.
 *
 * A grant applies when its subject is among the member's, its permission is the one asked about or
 * `*`, and it has not expired.
 */
export function evaluate(facts: Facts, permission: string, now: number): Decision {
  if (facts.member !== 'active') {
    const reason = facts.member === 'gone' ? 'member-gone' : 'unknown-member';
    return { authorized: false, reason };
  }
  const rank = new Map(facts.subjects.map((subject, at) => [subject, at]));
  const applicable = facts.grants
    .filter((grant) => rank.has(grant.subject))
    .filter((grant) => isAbout(grant, permission) && !isExpired(grant, now))
    .sort((a, b) => particularity(a) - particularity(b));

  function particularity(grant: Grant): number {
    const wildcard = grant.permission === ANY_PERMISSION ? 0.5 : 0;
    return (rank.get(grant.subject) ?? 0) + wildcard;
  }

  const denial = applicable.find(({ effect }) => effect === 'deny');
  if (denial) return { authorized: false, reason: 'denied', grant: denial };
  const allowance = applicable.find(({ effect }) => effect === 'allow');
  if (allowance) return { authorized: true, reason: 'allowed', grant: allowance };
  return { authorized: false, reason: 'no-grant' };
}

/** Whether the grant is about this permission, whoever its subject, expired or not. */
function isAbout(grant: Grant, permission: string): boolean {
  return grant.permission === permission || grant.permission === ANY_PERMISSION;
}

/** Compared here and not left to DynamoDB, which deletes late. */
export function isExpired({ until }: Grant, now: number): boolean {
  return until !== undefined && until <= now;
}
