import { type Terms, termsOf } from '../permissions/audit.ts';
import type { Grant } from '../permissions/grant.ts';
import type { Change, GrantStore } from '../permissions/grantStore.ts';
import type { GrantRequest } from './grantRequest.ts';

/** What a request would do to a grant. */
export interface PlannedChange extends Change {
  /** `absent`: there is nothing to revoke or to reinstate. */
  readonly outcome: 'change' | 'unchanged' | 'absent';
}

/** What `GrantStore.read` takes. */
const BATCH = 100;

/**
 * Compares requests with the stored grants.
 *
 * @returns one for each request, in order
 * @throws StoreUnavailable
 */
export async function plan(
  requests: readonly GrantRequest[],
  store: Pick<GrantStore, 'read'>,
): Promise<PlannedChange[]> {
  const changes: PlannedChange[] = [];
  for (let from = 0; from < requests.length; from += BATCH) {
    const some = requests.slice(from, from + BATCH);
    const found = await store.read(some);
    changes.push(...some.map((request, at) => planned(request, found[at])));
  }
  return changes;
}

/** @param before the stored grant */
function planned(
  { subject, permission, terms, reinstates }: GrantRequest,
  before: Grant | undefined,
): PlannedChange {
  if (reinstates) {
    if (before?.suspendedAt === undefined) {
      return { subject, permission, before, after: before && termsOf(before), outcome: 'absent' };
    }
    return { subject, permission, before, after: reinstated(before), outcome: 'change' };
  }
  const isAbsent = before === undefined && terms === undefined;
  const outcome = isAbsent ? 'absent' : same(before, terms) ? 'unchanged' : 'change';
  return { subject, permission, before, after: terms, outcome };
}

/** A grant's terms without its suspension. */
export function reinstated(grant: Grant): Terms {
  const { suspendedAt: _, ...terms } = termsOf(grant);
  return terms;
}

function same(before: Grant | undefined, after: Terms | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return JSON.stringify(termsOf(before)) === JSON.stringify(termsOf(after));
}
