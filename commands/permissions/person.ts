import { reinstated } from '../../lib/administration/grantChanges.ts';
import { showSubject } from '../../lib/administration/grantJson.ts';
import { FORGOTTEN } from '../../lib/administration/grantRequest.ts';
import type { Bilingual } from '../../lib/bilingual.ts';
import type { Item } from '../../lib/dynamodb/item.ts';
import { endEverythingOf } from '../../lib/openid/signOutWork.ts';
import { auditItem } from '../../lib/permissions/audit.ts';
import { readPartition } from '../../lib/permissions/partition.ts';
import { isChange, readChange } from '../../lib/permissions/personChange.ts';
import { settleGrants } from '../../lib/permissions/settle.ts';
import { auditPartition, subjectPartition, useridOfSubject } from '../../lib/tableKeys.ts';
import { EXIT, ExitError } from '../administration/exit.ts';
import { change } from './change.ts';
import { explainBriefly } from './explain.ts';
import { pendingWork } from './list.ts';
import { eraseOpenid, notToldOf, openidRecordsOf } from './openidRecords.ts';
import type { Work } from './work.ts';

/*
 * The subcommands about a person: suspended grants, pending work after a deletion or rename, and all that is
 * stored about a member.
 */

const PAGES = 1_000;
const MAX_EXPLAINED = 10;

/** Restores suspended grants. @throws ExitError if there are none */
export async function reinstate(
  subject: string,
  permission: string | undefined,
  work: Work,
): Promise<void> {
  const suspended = (await work.store.of(subject)).filter(
    (grant) =>
      grant.suspendedAt !== undefined &&
      (permission === undefined || grant.permission === permission),
  );
  if (suspended.length === 0) {
    throw new ExitError(EXIT.no, {
      zh: `${showSubject(subject)} 没有已停用的授权。`,
      en: `${showSubject(subject)} has no suspended grants.`,
    });
  }
  const requests = suspended.map((grant) => ({
    subject,
    permission: grant.permission,
    terms: reinstated(grant),
  }));
  await change(requests, work);
  if (work.options.dryRun || work.options.json) return;
  const userid = useridOfSubject(subject);
  for (const request of requests.slice(0, MAX_EXPLAINED)) {
    work.print(await explainBriefly(userid, request.permission, work));
  }
}

/** Does the pending work of the function personChanges, for one member or for all. */
export async function settle(subject: string | undefined, work: Work): Promise<void> {
  const { options, stage, say, print } = work;
  const due = await pendingWork(subject, work);
  const userids = [...new Set(due.map((each) => useridOfSubject(each.subject)))];
  let [suspended, moved] = [0, 0];
  if (!options.dryRun) {
    const handOver = stage.handOver('signOuts');
    const onLeave = (sub: string) =>
      handOver(endEverythingOf([sub], { isCertain: true, at: work.now }));
    for (const userid of userids) {
      const { app, table, hasProvider } = stage;
      const done = await settleGrants([userid], {
        table,
        corpId: app.corpId,
        now: () => work.now,
        ...(hasProvider && { onLeave }),
        publish: work.events?.send,
      });
      suspended += done.suspended;
      moved += done.moved;
    }
  }
  if (options.json) return print(JSON.stringify({ members: userids, suspended, moved }, null, 2));
  if (userids.length === 0) {
    return print(say({ zh: '没有待处理的授权。', en: 'No work is pending.' }));
  }
  const names = userids.map((userid) => `user:${userid}`);
  print(
    options.dryRun
      ? say({ zh: `待处理：${names.join('、')}`, en: `Pending: ${names.join(', ')}` })
      : say({
          zh: `已处理 ${names.join('、')}：停用 ${suspended} 项，移动 ${moved} 项。`,
          en: `Settled ${names.join(', ')}: ${suspended} suspended, ${moved} moved.`,
        }),
  );
}

/** Prints all that is stored about one member, as JSON. */
export async function exportMember(subject: string, work: Work): Promise<void> {
  const { items, audit } = await keptOf(subject, work);
  const openid = await openidRecordsOf(subject, work);
  const exported = { subject: showSubject(subject), items, audit, openid };
  work.print(JSON.stringify(exported, null, 2));
}

/**
 * Erases all that is stored about one member, audit lines included. One audit line stays, which names the
 * administrator and the time but not the member. Each `sub` stays too, so that nobody else gets it.
 *
 * @throws ExitError while the member is signed in anywhere
 */
export async function forget(subject: string, work: Work): Promise<void> {
  const { options, stage, store, say, print } = work;
  const name = showSubject(subject);
  const { items, audit } = await keptOf(subject, work);
  const openid = await openidRecordsOf(subject, work);
  const others = otherUserids(subject, items);
  const itemCount =
    items.length +
    openid.reduce((sum, { profile, signIns }) => sum + (profile ? 1 : 0) + signIns.length, 0);
  const auditCount = audit.length + openid.reduce((sum, each) => sum + each.audit.length, 0);
  const count = itemCount + auditCount;
  if (count === 0) {
    throw new ExitError(EXIT.no, {
      zh: `没有 ${name} 的记录。`,
      en: `Nothing is stored about ${name}.`,
    });
  }
  const notTold = await notToldOf(subject, openid, work);
  const what = {
    zh: `${name}：数据 ${itemCount} 条（包括拒绝），操作记录 ${auditCount} 条`,
    en: `${name}: ${itemCount} items (denials included) and ${auditCount} audit lines`,
  };
  const untold = notTold.length > 0 ? untoldText(notTold) : undefined;
  if (options.dryRun) {
    return print(say({ zh: `将清除 ${what.zh}。`, en: `Would erase ${what.en}.` }));
  }
  if (!options.yes) await confirmed(what, untold, work);

  const { table, app } = stage;
  const line = {
    at: work.now,
    by: await stage.who(),
    subject: FORGOTTEN,
    permission: '*',
    cause: { kind: 'erased' },
  } as const;
  await table.put(auditItem(app.corpId, line, crypto.randomUUID()));
  for (const record of openid) await eraseOpenid(subject, record, work);
  for (const { pk, sk } of [...items, ...audit]) {
    await table.delete({ pk: String(pk), sk: String(sk) });
  }
  const left = (await store.of(subject)).length;
  const subs = openid.map(({ sub }) => sub);
  if (options.json) {
    return print(JSON.stringify({ erased: count, left, subs, notTold }, null, 2));
  }
  print(say({ zh: `已清除 ${what.zh}。`, en: `Erased ${what.en}.` }));
  if (subs.length > 0) {
    const list = subs.map((sub) => `sub:${sub}`);
    print(
      say({
        zh: `${list.join('、')} 保留，不会再给别人。此人再次登录时得到新的 sub。`,
        en: `${list.join(', ')} ${list.length > 1 ? 'stay' : 'stays'}, so that nobody else gets it. At another sign-in the person gets a new sub.`,
      }),
    );
  }
  if (untold) print(say(untold));
  if (others.length > 0) {
    const list = others.map((userid) => `user:${userid}`);
    print(
      say({
        zh: `此人还用过 ${list.join('、')}：请分别清除。`,
        en: `The person also had ${list.join(', ')}: run forget for these too.`,
      }),
    );
  }
}

async function keptOf(subject: string, { stage }: Work): Promise<{ items: Item[]; audit: Item[] }> {
  const { table, app } = stage;
  const pages = { pages: PAGES };
  const items = await readPartition(table, subjectPartition(app.corpId, subject), pages);
  const audit = await readPartition(table, auditPartition(app.corpId, subject), pages);
  return { items, audit };
}

function otherUserids(subject: string, items: readonly Item[]): string[] {
  const userids = items
    .filter(isChange)
    .map(readChange)
    .flatMap((each) => (each.kind === 'renamed' ? [each.userid, each.newUserid] : []));
  return [...new Set(userids)].filter((userid) => subject !== `member#${userid}`);
}

/** @param clients the applications where the person may still be signed in */
function untoldText(clients: readonly string[]): Bilingual {
  return {
    zh: `${clients.join('、')} 未得知此人已退出：请在这些应用中结束其会话。`,
    en: `${clients.join(', ')} were not told of the sign-out: end the sessions there.`,
  };
}

async function confirmed(
  what: Bilingual,
  untold: Bilingual | undefined,
  { confirm, say }: Work,
): Promise<void> {
  const more = { zh: untold?.zh ?? '', en: untold ? ` ${untold.en}` : '' };
  if (confirm === undefined) {
    throw new ExitError(EXIT.unconfirmed, {
      zh: `这会清除 ${what.zh}：请加 --yes 确认。什么都没有改变。${more.zh}`,
      en: `This erases ${what.en}. Confirm with --yes. Nothing was changed.${more.en}`,
    });
  }
  const question = say({
    zh: `这会清除 ${what.zh}，无法恢复。${more.zh}确定吗？`,
    en: `This erases ${what.en} for good.${more.en} Continue?`,
  });
  if (!(await confirm(question))) {
    throw new ExitError(EXIT.unconfirmed, { zh: '什么都没有改变。', en: 'Nothing was changed.' });
  }
}
