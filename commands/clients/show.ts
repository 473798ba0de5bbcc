import { clientJson, lineJson } from '../../lib/administration/clientJson.ts';
import { type AuditLine, validSecrets } from '../../lib/administration/clientStore.ts';
import { formatTime } from '../../lib/administration/time.ts';
import type { Bilingual } from '../../lib/bilingual.ts';
import { type Client, listClients } from '../../lib/openid/clients.ts';
import { EXIT } from '../administration/exit.ts';
import { showWho, table } from '../administration/output.ts';
import type { Say } from '../language.ts';
import { permissionNote } from './add.ts';
import { notThere } from './change.ts';
import type { Work } from './work.ts';

/** Lists the clients of the corp. Warns of those that cannot be read. */
export async function list({ options, stage, say, print, warn, now }: Work): Promise<void> {
  const { clients, unreadable } = await listClients(stage.table, stage.app.corpId);
  if (options.json) {
    const listed = clients.map((client) => clientJson(client, now));
    return print(JSON.stringify({ clients: listed, unreadable }, null, 2));
  }
  if (clients.length === 0) print(say({ zh: '没有客户端。', en: 'There are no clients.' }));
  else print(clientTable(clients, say));
  for (const clientId of unreadable) warn(say(notThere(clientId, 'unreadable').text));
}

/**
 * Prints one client and its changes; for a client that was removed, only its changes.
 *
 * @returns the exit code
 */
export async function show(clientId: string, work: Work): Promise<number> {
  const { options, store, say, print, warn, now } = work;
  const client = await store.find(clientId);
  const history = await store.history(clientId);
  const isThere = client !== undefined && client !== 'unreadable';
  if (options.json) {
    const shown = isThere ? clientJson(client, now) : null;
    print(JSON.stringify({ client: shown, history: history.map(lineJson) }, null, 2));
  } else if (isThere) {
    for (const [name, value] of facts(client, now)) print(`${say(name)}${value}`);
    print(say(await permissionNote(client.permission, work)));
  }
  if (!options.json && history.length > 0) print(historyTable(history, say));
  if (isThere) return EXIT.done;
  const problem = notThere(clientId, client);
  warn(say(problem.text));
  return problem.exitCode;
}

function clientTable(clients: readonly Client[], say: Say): string {
  const head = [
    'client_id',
    say({ zh: '名称', en: 'name' }),
    say({ zh: '类型', en: 'type' }),
    say({ zh: '权限', en: 'permission' }),
    say({ zh: '添加人', en: 'by' }),
    say({ zh: '时间', en: 'at' }),
  ];
  const rows = clients.map((client) => [
    client.clientId,
    client.name,
    say(kindOf(client)),
    client.permission,
    showWho(client.createdBy),
    formatTime(client.createdAt),
  ]);
  return table(head, rows);
}

function kindOf({ isPublic }: Client): Bilingual {
  return isPublic ? { zh: '公开', en: 'public' } : { zh: '机密', en: 'confidential' };
}

/** The settings, one for each line. */
function facts(client: Client, now: number): [Bilingual, string][] {
  const all: [Bilingual, string | undefined][] = [
    [{ zh: '名称：', en: 'name: ' }, client.name],
    [{ zh: 'client_id：', en: 'client_id: ' }, client.clientId],
    ...client.redirectUris.map((each): [Bilingual, string] => [
      { zh: '回调地址：', en: 'redirect URI: ' },
      each,
    ]),
    ...client.postLogoutRedirectUris.map((each): [Bilingual, string] => [
      { zh: '退出后的地址：', en: 'post-logout redirect URI: ' },
      each,
    ]),
    [{ zh: '后台退出通知：', en: 'back-channel logout URI: ' }, client.backchannelLogoutUri],
    [{ zh: 'API 的 audience：', en: 'audience: ' }, client.audience],
    [{ zh: '邮箱域名：', en: 'e-mail domain: ' }, client.emailDomain],
    [{ zh: '公开客户端：', en: 'public client: ' }, client.isPublic ? 'yes' : undefined],
    [{ zh: '部门全路径：', en: 'group paths: ' }, client.groupPaths ? 'yes' : undefined],
    [{ zh: '刷新令牌：', en: 'refresh tokens: ' }, client.refresh ? 'yes' : undefined],
    ...validSecrets(client, now).map(({ createdAt, expiresAt }): [Bilingual, string] => [
      { zh: 'secret（创建 → 失效）：', en: 'secret (created → expires): ' },
      `${formatTime(createdAt)} → ${expiresAt === undefined ? '–' : formatTime(expiresAt)}`,
    ]),
  ];
  return all.filter((fact): fact is [Bilingual, string] => fact[1] !== undefined);
}

function historyTable(history: readonly AuditLine[], say: Say): string {
  const head = [
    say({ zh: '时间', en: 'at' }),
    say({ zh: '操作人', en: 'by' }),
    say({ zh: '操作', en: 'change' }),
  ];
  const rows = history.map(({ at, by, action }) => [
    formatTime(at),
    showWho(by),
    say(ACTIONS[action]),
  ]);
  return table(head, rows);
}

const ACTIONS: Record<AuditLine['action'], Bilingual> = {
  added: { zh: '添加', en: 'added' },
  'secret-rotated': { zh: '更换 secret', en: 'secret rotated' },
  removed: { zh: '删除', en: 'removed' },
};
