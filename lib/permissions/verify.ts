import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import { type Decision, evaluate } from './evaluate.ts';
import type { GatherFacts } from './facts.ts';

/**
 * Whether a member has a permission.
 *
 * @param userid one that `isUserid` accepts
 * @param permission one that `isPermissionName` accepts
 * @throws StoreUnavailable
 */
export type Verify = (
  userid: string,
  permission: string,
  invocation: Invocation,
) => Promise<Decision>;

export function createVerify(gatherFacts: GatherFacts, clock: Clock): Verify {
  return async function verify(userid, permission, invocation) {
    const facts = await gatherFacts(userid, permission, invocation);
    return evaluate(facts, permission, clock.now());
  };
}
