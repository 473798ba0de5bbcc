import * as v from 'valibot';
import type { Item } from '../dynamodb/item.ts';
import { auditKey, listName } from '../tableKeys.ts';
import type { Grant } from './grant.ts';

/** One change of one grant: who, when, before and after. Never deleted. */
export interface AuditLine {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly by: string;
  readonly subject: string;
  readonly permission: string;
  /** Absent if there was no grant. */
  readonly before?: Terms;
  /** Absent if the grant was revoked or moved away. */
  readonly after?: Terms;
  /** Absent if an administrator changed the grant. */
  readonly cause?: Cause;
}

/** A line as it is stored. */
export interface RecordedLine {
  /** Unique among all lines. */
  readonly id: string;
  readonly line: AuditLine;
}

/**
 * The change in WeCom's directory behind a line; see personChange.ts. `erased`: an administrator erased a
 * member.
 */
export interface Cause {
  readonly kind: 'left' | 'arrived' | 'renamed' | 'erased';
  readonly userid?: string;
  readonly newUserid?: string;
}

/** What an administrator decides about a grant, and its suspension. */
export type Terms = Pick<Grant, 'effect' | 'until' | 'note' | 'suspendedAt'>;

const Terms = v.object({
  effect: v.picklist(['allow', 'deny']),
  until: v.exactOptional(v.number()),
  note: v.exactOptional(v.string()),
  suspendedAt: v.exactOptional(v.number()),
});

const Stored = v.object({
  at: v.number(),
  by: v.string(),
  subject: v.string(),
  permission: v.string(),
  before: v.exactOptional(Terms),
  after: v.exactOptional(Terms),
  cause: v.exactOptional(
    v.object({
      kind: v.picklist(['left', 'arrived', 'renamed', 'erased']),
      userid: v.exactOptional(v.string()),
      newUserid: v.exactOptional(v.string()),
    }),
  ),
});

/** @param id distinguishes lines of the same millisecond */
export function auditItem(
  corpId: string,
  { before, after, cause, ...line }: AuditLine,
  id: string,
): Item {
  return {
    ...auditKey(corpId, line.subject, line.at, id),
    listName: listName(corpId, 'audit'),
    ...line,
    before: before && { ...before },
    after: after && { ...after },
    cause: cause && { ...cause },
  };
}

/** @returns nothing for an item in another form, so that one old line does not hide the others */
export function readAudit(item: Item): AuditLine | undefined {
  const stored = v.safeParse(Stored, item);
  return stored.success ? stored.output : undefined;
}

export function termsOf({ effect, until, note, suspendedAt }: Terms): Terms {
  return {
    effect,
    ...(until !== undefined && { until }),
    ...(note !== undefined && { note }),
    ...(suspendedAt !== undefined && { suspendedAt }),
  };
}
