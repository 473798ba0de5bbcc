import type { Bilingual } from '../bilingual.ts';
import { readDirectoryRecord } from '../directory/directoryRecord.ts';
import type { Invocation } from '../invocation.ts';
import { type Decision, evaluate } from '../permissions/evaluate.ts';
import { type Grant, readGrant } from '../permissions/grant.ts';
import type { GroupFacts } from '../permissions/groupGrants.ts';
import { readPartition } from '../permissions/partition.ts';
import { ANY_PERMISSION } from '../permissions/permissionName.ts';
import {
  gatherFacts,
  type MemberFacts,
  type MemberPermissionsParts,
} from '../permissions/verify.ts';
import { directoryKey, GRANT, subjectPartition } from '../tableKeys.ts';
import { reason, showMember, type Verdict, verdict } from './explanation.ts';
import type { Corp } from './lists.ts';

/** One permission of a member: the decision, why, and the grants that it rests on. */
export interface Explained {
  readonly permission: string;
  readonly decision: Decision;
  readonly why: Bilingual;
  readonly grants: readonly { readonly grant: Grant; readonly verdict: Verdict }[];
}

export interface ExplainedMember {
  readonly facts: MemberFacts;
  /** What is known of the member. */
  readonly status: Bilingual;
  readonly decisions: readonly Explained[];
}

/**
 * Explains permissions of a member, as `verify` decides them, with one read of the member and one of each
 * of the member's groups.
 *
 * @param userid one that `isUserid` accepts
 * @throws StoreUnavailable
 */
export async function explainMember(
  parts: MemberPermissionsParts,
  userid: string,
  permissions: readonly string[],
  invocation: Invocation,
): Promise<ExplainedMember> {
  const { table, app, clock } = parts;
  const groupGrants = new AllGrants({ table, corpId: app.corpId });
  const facts = await gatherFacts({ ...parts, groupGrants }, userid, undefined, invocation);
  const now = clock.now();
  const decisions = permissions.map((permission) => {
    const grants = facts.grants.filter((grant) =>
      [permission, ANY_PERMISSION].includes(grant.permission),
    );
    const decision = evaluate({ ...facts, grants }, permission, now);
    return {
      permission,
      decision,
      why: reason(decision, facts),
      grants: grants.map((grant) => ({ grant, verdict: verdict(grant, { facts, decision, now }) })),
    };
  });
  return { facts, status: showMember(facts, now), decisions };
}

/** 10 MB: more grants of one group are a mistake. */
const MAX_PAGES = 10;
const AT_ONCE = 10;

/** All grants of groups, whatever their permission, for one request. */
class AllGrants {
  readonly #corp: Corp;
  readonly #known = new Map<string, readonly Grant[]>();

  constructor(corp: Corp) {
    this.#corp = corp;
  }

  async read(groups: readonly string[]): Promise<GroupFacts> {
    const { table, corpId } = this.#corp;
    const missing = groups.filter((group) => !this.#known.has(group));
    for (let from = 0; from < missing.length; from += AT_ONCE) {
      const some = missing.slice(from, from + AT_ONCE);
      await Promise.all(
        some.map(async (group) => {
          const pk = subjectPartition(corpId, group);
          const items = await readPartition(table, pk, { prefix: GRANT, pages: MAX_PAGES });
          this.#known.set(group, items.map(readGrant));
        }),
      );
    }
    const directory = readDirectoryRecord(await table.get(directoryKey(corpId)));
    return { grants: groups.flatMap((group) => this.#known.get(group) ?? []), directory };
  }
}
