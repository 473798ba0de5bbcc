import type { Terms } from './audit.ts';
import type { Change } from './grantStore.ts';
import { ROOT_DEPARTMENT, subjectKey } from './subject.ts';

const EVERYONE = [
  subjectKey({ kind: 'everyone' }),
  subjectKey({ kind: 'department', id: ROOT_DEPARTMENT }),
];

/**
 * Whether the change gives everyone in the corp more than before: something allowed, or allowed for
 * longer, or a denial lifted or made shorter. Everyone is also the root department.
 */
export function widensToEveryone({ subject, before, after }: Change, now: number): boolean {
  if (!EVERYONE.includes(subject)) return false;
  const was = reach(before, now);
  const is = reach(after, now);
  return is.allowedUntil > was.allowedUntil || is.deniedUntil < was.deniedUntil;
}

/** A grant that does not count, or is absent, reaches as far as now. */
function reach(terms: Terms | undefined, now: number) {
  const end = Math.max(now, terms ? (terms.until ?? Number.POSITIVE_INFINITY) : now);
  return {
    allowedUntil: terms?.effect === 'allow' ? end : now,
    deniedUntil: terms?.effect === 'deny' ? end : now,
  };
}
