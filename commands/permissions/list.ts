import { writeGrantCsv } from '../../lib/administration/grantCsv.ts';
import { grantJson, showCause, showSubject } from '../../lib/administration/grantJson.ts';
import { readList } from '../../lib/administration/lists.ts';
import { formatTime } from '../../lib/administration/time.ts';
import { type Grant, readGrant } from '../../lib/permissions/grant.ts';
import { readPartition } from '../../lib/permissions/partition.ts';
import { readChange, type StoredChange } from '../../lib/permissions/personChange.ts';
import { PENDING, subjectOfPartition, subjectPartition } from '../../lib/tableKeys.ts';
import { grantTable, showSetAside } from './show.ts';
import type { Work } from './work.ts';

const PAGES = 10;

/** Lists the grants of one subject, or all. */
export async function list(subject: string | undefined, work: Work): Promise<void> {
  const { options, say, print, now, commandLine } = work;
  const grants = subject === undefined ? await allGrants(work) : await work.store.of(subject);
  const pending = await pendingWork(subject, work);
  if (options.json) {
    const listed = {
      grants: grants.map((grant) => grantJson(grant, now)),
      pending: pending.map(({ subject, change }) => ({
        subject: showSubject(subject),
        kind: change.kind,
        since: new Date(change.notedAt).toISOString(),
      })),
    };
    return print(JSON.stringify(listed, null, 2));
  }
  if (grants.length === 0) {
    print(say({ zh: '没有授权。', en: 'There are no grants.' }));
  } else {
    print(grantTable(grants, now, say));
    for (const line of showSetAside(grants, say)) print(line);
  }
  for (const { subject, change } of pending) {
    const [name, since] = [showSubject(subject), formatTime(change.notedAt)];
    const cause = showCause(change);
    const settle = commandLine(`permissions -- settle ${name}`);
    print(
      say({
        zh: `${name} 的授权自 ${since} 起待处理（${cause.zh}），处理完之前一律不允许；若一直如此：${settle}`,
        en: `${name}: work on the grants is pending since ${since} (${cause.en}), and the member is refused until it is done. If it stays so: ${settle}`,
      }),
    );
  }
}

/** Writes the grants that count as the CSV that `import` reads; as JSON all of them. */
export async function exportGrants(work: Work): Promise<void> {
  const { now } = work;
  const grants = await allGrants(work);
  if (work.options.json) {
    return work.print(
      JSON.stringify({ grants: grants.map((grant) => grantJson(grant, now)) }, null, 2),
    );
  }
  // `print` ends the last line itself.
  work.print(writeGrantCsv(grants, now, { head: true }).replace(/\n$/, ''));
}

export interface PendingWork {
  readonly subject: string;
  readonly change: StoredChange;
}

/** Work on grants that is still to be done, of one subject or of all. */
export async function pendingWork(
  subject: string | undefined,
  { stage }: Work,
): Promise<PendingWork[]> {
  const items =
    subject === undefined
      ? await readList(corpOf(stage), 'pending')
      : await readPartition(stage.table, subjectPartition(stage.app.corpId, subject), {
          prefix: PENDING,
          pages: PAGES,
        });
  return items.map((item) => ({
    subject: subjectOfPartition(String(item['pk'])),
    change: readChange(item),
  }));
}

async function allGrants({ stage }: Work): Promise<Grant[]> {
  const grants = (await readList(corpOf(stage), 'grants')).map(readGrant);
  const keyOf = ({ subject, permission }: Grant) => `${showSubject(subject)} ${permission}`;
  // Numbers in order: department:2 before department:10.
  const collator = new Intl.Collator('en', { numeric: true });
  return grants.sort((a, b) => collator.compare(keyOf(a), keyOf(b)));
}

function corpOf({ table, app: { corpId } }: Work['stage']) {
  return { table, corpId };
}
