import { scan } from '../../lib/dynamodb/scan.ts';
import { type Grant, readGrant } from '../../lib/permissions/grant.ts';
import { corpPrefix, GRANT } from '../../lib/tableKeys.ts';
import { writeCsv } from './csv.ts';
import { grantJson, grantTable, showSubject } from './show.ts';
import { formatUntil } from './until.ts';
import type { Work } from './work.ts';

/** Lists the grants of one subject, or all. */
export async function list(subject: string | undefined, work: Work): Promise<void> {
  const { options, say, print, now } = work;
  const grants = subject === undefined ? await allGrants(work) : await work.store.of(subject);
  if (options.json) {
    print(JSON.stringify({ grants: grants.map((grant) => grantJson(grant, now)) }, null, 2));
  } else if (grants.length === 0) {
    print(say({ zh: '没有授权。', en: 'There are no grants.' }));
  } else {
    print(grantTable(grants, now, say));
  }
}

/** Writes all grants as the CSV that `import` reads. */
export async function exportGrants(work: Work): Promise<void> {
  const grants = await allGrants(work);
  if (work.options.json) {
    return work.print(
      JSON.stringify({ grants: grants.map((grant) => grantJson(grant, work.now)) }, null, 2),
    );
  }
  const rows = grants.map(({ subject, permission, effect, until, note }) => [
    showSubject(subject),
    permission,
    effect,
    until === undefined ? '' : formatUntil(until),
    note ?? '',
  ]);
  const head = ['subject', 'permission', 'effect', 'until', 'note'];
  // `print` ends the last line itself.
  work.print(writeCsv([head, ...rows]).replace(/\n$/, ''));
}

async function allGrants({ stage }: Work): Promise<Grant[]> {
  const grants: Grant[] = [];
  const filter = {
    expression: 'begins_with(pk, :corp) AND begins_with(sk, :grant)',
    values: { ':corp': corpPrefix(stage.app.corpId), ':grant': GRANT },
  };
  for await (const item of scan(stage.dynamoDb, stage.tableName, filter))
    grants.push(readGrant(item));
  const keyOf = ({ subject, permission }: Grant) => `${showSubject(subject)} ${permission}`;
  // Numbers in order: department:2 before department:10.
  const collator = new Intl.Collator('en', { numeric: true });
  return grants.sort((a, b) => collator.compare(keyOf(a), keyOf(b)));
}
