import { eachSignIn } from '../../lib/openid/signIns.ts';
import { endEverythingOf, MAX_SUBS } from '../../lib/openid/signOutWork.ts';
import { auditKey, sessionsAuditSubject } from '../../lib/tableKeys.ts';
import { subsOfPerson } from './people.ts';
import type { Person } from './request.ts';
import type { Work } from './work.ts';

/**
 * Signs a person out of every application. It writes the audit lines first, so that nothing ends without one.
 *
 * @throws ExitError, StoreUnavailable, HandOverFailed
 */
export async function end(person: Person, work: Work): Promise<void> {
  const { signIns, stage, options, print, say, now, commandLine } = work;
  const subs = await subsOfPerson(signIns, person);
  const clients = new Set<string>();
  for (const sub of subs) {
    for await (const { clientId } of eachSignIn(signIns, sub)) clients.add(clientId);
  }
  const by = await stage.who();
  for (const sub of subs) {
    const key = auditKey(stage.app.corpId, sessionsAuditSubject(sub), now, crypto.randomUUID());
    await stage.table.put({ ...key, at: now, by, action: 'sessions-ended' });
  }
  const handOver = stage.handOver('signOuts');
  for (let from = 0; from < subs.length; from += MAX_SUBS) {
    const some = subs.slice(from, from + MAX_SUBS);
    await handOver(endEverythingOf(some, { isCertain: true, at: now }));
  }
  const names = [...clients].sort();
  if (options.json) return print(JSON.stringify({ subs, clients: names }, null, 2));
  const list = commandLine('sessions -- list');
  const who = subs.map((sub) => `sub:${sub}`).join(', ');
  print(
    names.length === 0
      ? say({ zh: `${who} 的会话正在结束。`, en: `The sessions of ${who} are being ended.` })
      : say({
          zh: `${who} 正在退出 ${names.join('、')}。${list} 列出尚未收到通知的应用。`,
          en: `${who} is being signed out of ${names.join(', ')}. ${list} shows applications that have not been told yet.`,
        }),
  );
}
