import type { Clock } from '../clock.ts';
import {
  NAMED_TAGS,
  nameDeniedDepartment,
  nameTag,
  readDirectoryRecord,
  unname,
} from '../directory/directoryRecord.ts';
import type { Table } from '../dynamodb/table.ts';
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

/** Grants for the administrator's commands. Every method throws StoreUnavailable. */
export interface GrantStore {
  /** @param pairs at most 100 */
  read(pairs: readonly Pair[]): Promise<(Grant | undefined)[]>;
  /** All grants of one subject, expired ones included, in the order of their permissions. */
  of(subject: string): Promise<Grant[]>;
  /**
   * Creates, replaces or revokes one grant, if it still is what `before` says. The audit line is
   * written first, so that no change lacks one.
   *
   * @returns `conflict` if somebody else has changed the grant, `too-many-tags` if grants would name
   *   more tags than `NAMED_TAGS`, `pending` if grants of the member are yet to be suspended or
   *   moved: nothing was changed then
   */
  change(change: Change): Promise<'done' | 'conflict' | 'too-many-tags' | 'pending'>;
  /** The subject's audit lines, the oldest first. */
  history(subject: string): Promise<AuditLine[]>;
}

export type Pair = Pick<Grant, 'subject' | 'permission'>;

export interface Change extends Pair {
  readonly before?: Grant | undefined;
  /** Absent: revoke it. */
  readonly after?: Terms | undefined;
}

/** A gigabyte of one subject's grants, or of its audit lines. */
const PAGES = 1_000;

/**
 * @param who returns the author for the audit lines; called at the first change
 * @param onChange gets the audit line of each change that was made; its errors fail `change`
 */
export function createGrantStore(
  table: Table,
  corpId: string,
  who: () => Promise<string>,
  clock: Clock,
  onChange?: (change: RecordedLine) => Promise<void>,
): GrantStore {
  let asked: Promise<string> | undefined;

  async function grantsOf(subject: string): Promise<Grant[]> {
    return (
      await readPartition(table, subjectPartition(corpId, subject), { prefix: GRANT, pages: PAGES })
    ).map(readGrant);
  }

  async function isPending(subject: string): Promise<boolean> {
    if (parseSubjectKey(subject)?.kind !== 'member') return false;
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

    async change(change) {
      const { subject, permission, before, after } = change;
      if (await isPending(subject)) return 'pending';
      asked ??= who();
      const by = await asked;
      const tag = tagOf(subject);
      const department = departmentOf(subject);
      const denies = department !== undefined && after?.effect === 'deny';
      const named = tag !== undefined || department !== undefined;
      const seen = named ? await directory() : undefined;
      const newTag = after && tag !== undefined && !seen?.tags.includes(tag);
      if (newTag && seen && seen.tags.length >= NAMED_TAGS) return 'too-many-tags';
      const at = clock.now();
      const id = crypto.randomUUID();
      const audit: AuditLine = {
        at,
        by,
        subject,
        permission,
        ...(before && { before: termsOf(before) }),
        ...(after && { after: termsOf(after) }),
      };
      const line = auditItem(corpId, audit, id);
      await table.put(line);
      // Named before the grant is written too: the command may die in between.
      if (newTag) await nameTag(table, corpId, tag);
      if (denies) await nameDeniedDepartment(table, corpId, department);
      const made = after && { subject, permission, ...after, by, at };
      const replacement = { subject, permission, before, after: made };
      if (!(await replaceGrant(table, corpId, replacement, String(line['sk'])))) {
        await table.delete({ pk: String(line['pk']), sk: String(line['sk']) });
        return 'conflict';
      }
      await onChange?.({ id, line: audit });
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
      return 'done';
    },

    async history(subject) {
      const items = await readPartition(table, auditPartition(corpId, subject), { pages: PAGES });
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
 * Writes or deletes a grant, if it still is what `before` says: `at`, `effect` and `suspendedAt`
 * identify its version. `auditLine` is stored with it, so that a request which is sent again after a
 * lost response recognises its own write.
 *
 * @param auditLine unique to this change
 * @returns false if the grant has changed
 */
export async function replaceGrant(
  table: Table,
  corpId: string,
  { subject, permission, before, after }: Replacement,
  auditLine: string,
): Promise<boolean> {
  const unchanged = before
    ? {
        expression: `(#at = :at AND effect = :effect AND ${
          before.suspendedAt === undefined
            ? 'attribute_not_exists(suspendedAt)'
            : 'suspendedAt = :suspendedAt'
        })`,
        names: { '#at': 'at' },
        values: {
          ':at': before.at,
          ':effect': before.effect,
          ...(before.suspendedAt !== undefined && { ':suspendedAt': before.suspendedAt }),
        },
      }
    : { expression: 'attribute_not_exists(pk)' };
  const key = grantKey(corpId, subject, permission);
  if (after === undefined) {
    return (await table.delete(key, unchanged)) || (await table.get(key)) === undefined;
  }
  return table.put(
    { ...grantItem(corpId, after), auditLine },
    {
      ...unchanged,
      expression: `${unchanged.expression} OR auditLine = :auditLine`,
      values: { ...unchanged.values, ':auditLine': auditLine },
    },
  );
}

function departmentOf(subject: string): number | undefined {
  const parsed = parseSubjectKey(subject);
  return parsed?.kind === 'department' ? parsed.id : undefined;
}

function tagOf(subject: string): number | undefined {
  const parsed = parseSubjectKey(subject);
  return parsed?.kind === 'tag' ? parsed.id : undefined;
}
