import { ROOT_DEPARTMENT } from '../directory/membership.ts';
import type { Terms } from '../permissions/audit.ts';
import type { Change } from '../permissions/grantStore.ts';
import { subjectKey } from '../permissions/subject.ts';

/** The keys of the subjects that every member belongs to. */
export const EVERYONE_SUBJECTS = [
  subjectKey({ kind: 'everyone' }),
  subjectKey({ kind: 'department', id: ROOT_DEPARTMENT }),
];

/**
 * Whether the change gives everyone in the corp more than before: something allowed, or allowed for
 * longer, or a denial lifted or made shorter. Everyone is also the root department.
 */
export function widensToEveryone({ subject, before, after }: Change, now: number): boolean {
  if (!EVERYONE_SUBJECTS.includes(subject)) return false;
  const was = reach(before, now);
  const is = reach(after, now);
  return is.allowedUntil > was.allowedUntil || is.deniedUntil < was.deniedUntil;
}

/** Until when the terms allow, and until when they deny; now for terms that are absent or expired. */
function reach(terms: Terms | undefined, now: number) {
  const end = Math.max(now, terms ? (terms.until ?? Number.POSITIVE_INFINITY) : now);
  return {
    allowedUntil: terms?.effect === 'allow' ? end : now,
    deniedUntil: terms?.effect === 'deny' ? end : now,
  };
}
