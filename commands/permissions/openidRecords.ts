import { showSubject } from '../../lib/administration/grantJson.ts';
import type { Item } from '../../lib/dynamodb/item.ts';
import { readPartition } from '../../lib/permissions/partition.ts';
import { retire, signOutPerson, subsOf } from '../../lib/permissions/person.ts';
import {
  auditPartition,
  profileKey,
  sessionsAuditSubject,
  signInPartition,
  subKey,
  useridOfSubject,
} from '../../lib/tableKeys.ts';
import { EXIT, ExitError } from '../administration/exit.ts';
import { signInsOf } from '../sessions/people.ts';
import type { Work } from './work.ts';

const PAGES = 1_000;

/**
 * What the OpenID provider keeps of one person, as stored. Sessions, codes and tokens stand under the
 * hash of their id, so they are found by nobody who does not have it; they expire.
 */
export interface OpenidRecord {
  readonly sub: string;
  readonly person: Item;
  readonly profile: Item | undefined;
  readonly signIns: readonly Item[];
  /** Who had sessions ended. */
  readonly audit: readonly Item[];
}

/** Of each person who has the userid, or left after they signed in under it. @throws StoreUnavailable */
export async function openidRecordsOf(subject: string, { stage }: Work): Promise<OpenidRecord[]> {
  const { table, cacheTable, app } = stage;
  const { corpId } = app;
  const read = (pk: string) => readPartition(table, pk, { pages: PAGES });
  const records: OpenidRecord[] = [];
  for (const sub of await subsOf({ table, corpId }, useridOfSubject(subject))) {
    records.push({
      sub,
      person: (await table.get(subKey(corpId, sub))) ?? {},
      profile: await cacheTable.get(profileKey(corpId, sub)),
      signIns: await read(signInPartition(corpId, sub)),
      audit: await read(auditPartition(corpId, sessionsAuditSubject(sub))),
    });
  }
  return records;
}

/**
 * The applications that do not know that the person was signed out.
 *
 * @throws ExitError while the person is signed in; StoreUnavailable
 */
export async function notToldOf(
  subject: string,
  records: readonly OpenidRecord[],
  { stage, clock, commandLine }: Work,
): Promise<string[]> {
  const store = { table: stage.table, corpId: stage.app.corpId, clock };
  const lists = await Promise.all(records.map(({ sub }) => signInsOf(store, sub)));
  const signIns = lists.flat();
  const clientsOf = (state: 'active' | 'ended') => {
    const clients = signIns.filter((each) => each.state === state).map((each) => each.clientId);
    return [...new Set(clients)].sort();
  };
  const active = clientsOf('active');
  if (active.length === 0) return clientsOf('ended');
  const name = showSubject(subject);
  const end = commandLine(`sessions -- end ${name}`);
  throw new ExitError(EXIT.conflict, {
    zh: `${name} 登录着 ${active.join('、')}：清除后，这些应用无从得知此人已退出。请先运行 ${end}，稍后重试。什么都没有改变。`,
    en: `${name} is signed in to ${active.join(', ')}: once erased, these applications could not be told of a sign-out. Run ${end} first, and this again a little later. Nothing was changed.`,
  });
}

/**
 * Erases all but the item of the `sub`, which names nobody from then on. It may be repeated.
 *
 * @throws StoreUnavailable
 */
export async function eraseOpenid(
  subject: string,
  { sub, profile, signIns, audit }: OpenidRecord,
  { stage, now }: Work,
): Promise<void> {
  const { table, cacheTable, app } = stage;
  const store = { table, corpId: app.corpId };
  // Sessions that are in a browser still end too.
  await signOutPerson(store, sub, now, now);
  await retire(store, useridOfSubject(subject), sub);
  if (profile) await cacheTable.delete(profileKey(app.corpId, sub));
  for (const { pk, sk } of [...signIns, ...audit]) {
    await table.delete({ pk: String(pk), sk: String(sk) });
  }
}
