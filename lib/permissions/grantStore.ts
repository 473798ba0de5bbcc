import type { TimeSource } from '../clock.ts';
import {
  NAMED_TAGS,
  nameDeniedDepartment,
  nameTag,
  readDirectoryRecord,
  unname,
} from '../directory/directoryRecord.ts';
import type { Expression, Table } from '../dynamodb/table.ts';
import {
  auditPartition,
  directoryKey,
  GRANT,
  grantKey,
  keyText,
  PENDING,
  subjectPartition,
} from '../tableKeys.ts';
import {
  type AuditLine,
  auditItem,
  type RecordedLine,
  readAudit,
  type Terms,
  termsOf,
} from './audit.ts';
import { type Grant, grantItem, readGrant } from './grant.ts';
import { readPartition } from './partition.ts';
import { parseSubjectKey } from './subject.ts';

/** Reads and changes grants, for the administrator. Every method throws StoreUnavailable. */
export interface GrantStore {
  /** @param pairs at most 100 */
  read(pairs: readonly Pair[]): Promise<(Grant | undefined)[]>;
  /** All grants of one subject, expired ones included, in the order of their permissions. */
  of(subject: string): Promise<Grant[]>;
  /**
   * Creates, replaces or revokes one grant, if it still is what `before` says. The audit line is
   * written first, so that no change lacks one.
   *
   * @returns `conflict` if somebody else has changed the grant; `too-many-tags` if grants would name
   *   more tags than `NAMED_TAGS`; `pending` if grants of the member are yet to be suspended or moved.
   *   Nothing was changed in these cases
   */
  change(change: Change): Promise<'done' | 'conflict' | 'too-many-tags' | 'pending'>;
  /** Whether grants of the member are yet to be suspended or moved: then none can be changed. */
  isPending(subject: string): Promise<boolean>;
  /** The subject's audit lines, the oldest first. */
  history(subject: string): Promise<AuditLine[]>;
}

export type Pair = Pick<Grant, 'subject' | 'permission'>;

export interface Change extends Pair {
  /** Absent if there is no grant yet. */
  readonly before?: Grant | undefined;
  /** Absent: revoke the grant. */
  readonly after?: Terms | undefined;
}

/** About 1 GB of one subject's grants, or of its audit lines. */
const MAX_PAGES = 1_000;

/**
 * @param who returns the author for the audit lines; called at the first change
 * @param onChange gets the audit line of each change, after all of it was written; `change` throws what
 *   it throws
 */
export function createGrantStore(
  table: Table,
  corpId: string,
  who: () => Promise<string>,
  clock: TimeSource,
  onChange?: (change: RecordedLine) => Promise<void>,
): GrantStore {
  let author: Promise<string> | undefined;

  async function grantsOf(subject: string): Promise<Grant[]> {
    return (
      await readPartition(table, subjectPartition(corpId, subject), {
        prefix: GRANT,
        pages: MAX_PAGES,
      })
    ).map(readGrant);
  }

  async function isPending(subject: string): Promise<boolean> {
    const pk = subjectPartition(corpId, subject);
    return (await table.query(pk, { prefix: PENDING, limit: 1 })).items.length > 0;
  }

  async function directory() {
    return readDirectoryRecord(await table.get(directoryKey(corpId)));
  }

  return {
    async read(pairs) {
      const keys = pairs.map(({ subject, permission }) => grantKey(corpId, subject, permission));
      const items = keys.length > 0 ? await table.batchGet(keys) : [];
      const found = new Map(items.map((item) => [keyText(item), item]));
      return keys.map((key) => {
        const item = found.get(keyText(key));
        return item && readGrant(item);
      });
    },

    of: grantsOf,

    isPending,

    async change(change) {
      const { subject, permission, before, after } = change;
      const parsed = parseSubjectKey(subject);
      if (parsed?.kind === 'member' && (await isPending(subject))) return 'pending';
      author ??= who();
      const by = await author;
      const tag = parsed?.kind === 'tag' ? parsed.id : undefined;
      const department = parsed?.kind === 'department' ? parsed.id : undefined;
      const denies = department !== undefined && after?.effect === 'deny';
      const seen = tag === undefined && department === undefined ? undefined : await directory();
      const newTag = after && tag !== undefined && !seen?.tags.includes(tag);
      if (newTag && seen && seen.tags.length >= NAMED_TAGS) return 'too-many-tags';
      const at = clock.now();
      const id = crypto.randomUUID();
      const line: AuditLine = {
        at,
        by,
        subject,
        permission,
        ...(before && { before: termsOf(before) }),
        ...(after && { after: termsOf(after) }),
      };
      const item = auditItem(corpId, line, id);
      await table.put(item);
      // Before the grant is written and after; see `nameTag`.
      if (newTag) await nameTag(table, corpId, tag);
      if (denies) await nameDeniedDepartment(table, corpId, department);
      const made = after && { subject, permission, ...after, by, at };
      const replacement = { subject, permission, before, after: made };
      if (!(await replaceGrant(table, corpId, replacement, String(item['sk'])))) {
        await table.delete({ pk: String(item['pk']), sk: String(item['sk']) });
        return 'conflict';
      }
      if (tag !== undefined && after) await nameTag(table, corpId, tag);
      if (tag !== undefined && !after && seen && (await grantsOf(subject)).length === 0) {
        await unname(table, corpId, 'tags', tag, seen);
      }
      if (denies) await nameDeniedDepartment(table, corpId, department);
      if (department !== undefined && !denies && before?.effect === 'deny' && seen) {
        const left = await grantsOf(subject);
        if (left.every(({ effect }) => effect === 'allow')) {
          await unname(table, corpId, 'deniedDepartments', department, seen);
        }
      }
      await onChange?.({ id, line });
      return 'done';
    },

    async history(subject) {
      const items = await readPartition(table, auditPartition(corpId, subject), {
        pages: MAX_PAGES,
      });
      return items.map(readAudit).filter((line) => line !== undefined);
    },
  };
}

/** One grant before and after a change. */
export interface Replacement extends Pair {
  readonly before?: Grant | undefined;
  readonly after?: Grant | undefined;
}

/**
 * Writes or deletes a grant, if its version still is that of `before`. The new version is `auditLine`, so
 * that a request that is sent again after a lost response recognises its own write.
 *
 * @param auditLine unique to this change, and the same if the same change is repeated
 * @returns false if the grant has changed
 */
export async function replaceGrant(
  table: Table,
  corpId: string,
  { subject, permission, before, after }: Replacement,
  auditLine: string,
): Promise<boolean> {
  const unchanged: Expression =
    before?.version === undefined
      ? {
          expression: before
            ? '(attribute_exists(pk) AND attribute_not_exists(auditLine))'
            : 'attribute_not_exists(pk)',
        }
      : { expression: 'auditLine = :seen', values: { ':seen': before.version } };
  const key = grantKey(corpId, subject, permission);
  if (after === undefined) {
    // It is also gone if an earlier attempt of this request has deleted it.
    return (await table.delete(key, unchanged)) || (await table.get(key)) === undefined;
  }
  return table.put(grantItem(corpId, { ...after, version: auditLine }), {
    ...unchanged,
    expression: `${unchanged.expression} OR auditLine = :auditLine`,
    values: { ...unchanged.values, ':auditLine': auditLine },
  });
}
