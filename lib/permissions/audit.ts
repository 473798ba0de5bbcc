import * as v from 'valibot';
import type { Item } from '../dynamodb/item.ts';
import { auditKey } from '../tableKeys.ts';
import type { Grant } from './grant.ts';

/** One change of one grant: who, what, before and after. Kept for good. */
export interface AuditLine {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly by: string;
  readonly subject: string;
  readonly permission: string;
  /** Absent: there was none. */
  readonly before?: Terms;
  /** Absent: there is none any more. */
  readonly after?: Terms;
}

export type Terms = Pick<Grant, 'effect' | 'until' | 'note'>;

const Terms = v.object({
  effect: v.picklist(['allow', 'deny']),
  until: v.exactOptional(v.number()),
  note: v.exactOptional(v.string()),
});

const Stored = v.object({
  at: v.number(),
  by: v.string(),
  subject: v.string(),
  permission: v.string(),
  before: v.exactOptional(Terms),
  after: v.exactOptional(Terms),
});

/** @param id sets apart two lines of the same millisecond */
export function auditItem(corpId: string, { before, after, ...line }: AuditLine, id: string): Item {
  return {
    ...auditKey(corpId, line.subject, line.at, id),
    ...line,
    before: before && { ...before },
    after: after && { ...after },
  };
}

/** @returns nothing for an item in another form: an old line must not hide the others */
export function readAudit(item: Item): AuditLine | undefined {
  const stored = v.safeParse(Stored, item);
  return stored.success ? stored.output : undefined;
}

export function termsOf({ effect, until, note }: Terms): Terms {
  return { effect, ...(until !== undefined && { until }), ...(note !== undefined && { note }) };
}
