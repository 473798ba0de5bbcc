import { formatTime } from '../../lib/administration/time.ts';
import { signInPartition } from '../../lib/tableKeys.ts';
import { table } from '../administration/output.ts';
import { scan } from '../administration/scan.ts';
import { signInsOf, subsOfPerson } from './people.ts';
import type { Person } from './request.ts';
import type { Work } from './work.ts';

/** Lists the sign-ins of one person, or of everybody. @throws ExitError, StoreUnavailable */
export async function list(person: Person | undefined, work: Work): Promise<void> {
  const { signIns, options, print, say } = work;
  const subs = person === undefined ? await everybody(work) : await subsOfPerson(signIns, person);
  const all = [];
  for (const sub of subs) all.push(...(await signInsOf(signIns, sub)));
  if (options.json) {
    const listed = all.map(({ sub, clientId, session, sid, signedInAt, state }) => ({
      sub,
      client_id: clientId,
      session: session.slice(0, 8),
      sid,
      signed_in_at: new Date(signedInAt).toISOString(),
      state,
    }));
    return print(JSON.stringify({ sign_ins: listed }, null, 2));
  }
  if (all.length === 0) {
    return print(say({ zh: '没有人登录。', en: 'Nobody is signed in.' }));
  }
  const head = [
    'sub',
    'client_id',
    say({ zh: '登录时间', en: 'signed in' }),
    say({ zh: '会话', en: 'session' }),
    say({ zh: '状态', en: 'state' }),
  ];
  const rows = all.map(({ sub, clientId, signedInAt, session, state }) => [
    sub,
    clientId,
    formatTime(signedInAt),
    session.slice(0, 8),
    say(STATES[state]),
  ]);
  print(table(head, rows));
}

const STATES = {
  active: { zh: '已登录', en: 'signed in' },
  ended: { zh: '已退出，应用尚未收到通知', en: 'ended, the application has not been told yet' },
  revoked: { zh: '应用已自行撤销', en: 'revoked by the application' },
};

async function everybody({ stage }: Work): Promise<string[]> {
  const prefix = signInPartition(stage.app.corpId, '');
  const filter = { expression: 'begins_with(pk, :prefix)', values: { ':prefix': prefix } };
  const subs = new Set<string>();
  for await (const { pk } of scan(stage.dynamoDb, stage.tableName, filter)) {
    subs.add(String(pk).slice(prefix.length));
  }
  return [...subs].sort();
}
