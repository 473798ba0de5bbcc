import { portProblem } from '../../lib/administration/clientAddress.ts';
import {
  holderNames,
  holdersNote,
  logoutNote,
  newClient,
  refuseSessionAudience,
  scriptsNote,
} from '../../lib/administration/clientChanges.ts';
import type { ClientSettings } from '../../lib/administration/clientSettings.ts';
import type { Bilingual } from '../../lib/bilingual.ts';
import { EXIT, ExitError } from '../administration/exit.ts';
import { OPTION_NAMES } from './request.ts';
import type { Work } from './work.ts';

/**
 * Adds a client and prints its secret, which is not shown again. The client is written last, because a failure
 * after that would lose the secret.
 *
 * @throws ExitError, StoreUnavailable
 */
export async function add(settings: ClientSettings, work: Work): Promise<void> {
  const { options, stage, store, say, print, warn } = work;
  const { clientId = crypto.randomUUID(), backchannelLogoutUri, audience } = settings;
  refuseSessionAudience({ clientId, audience }, OPTION_NAMES, stage.sessionAudience);
  const notes = [
    await permissionNote(settings.permission, work),
    options.stage === 'local'
      ? undefined
      : await logoutNote(backchannelLogoutUri, OPTION_NAMES, THIS_MACHINE, work.lookup),
    portNote(backchannelLogoutUri, work),
    providerNote(work),
    scriptsNote(settings),
  ].filter((note) => note !== undefined);

  const { client, secret } = newClient({ ...settings, clientId }, work.now);
  const outcome = await store.add(client);
  if (outcome === 'conflict') {
    throw new ExitError(EXIT.conflict, {
      zh: `客户端 ${clientId} 已存在，什么都没有改变。`,
      en: `The client ${clientId} exists already. Nothing was changed.`,
    });
  }

  if (options.json) {
    print(JSON.stringify({ client_id: clientId, ...(secret && { client_secret: secret }) }));
    for (const note of notes) warn(say(note));
    return;
  }
  print(say({ zh: `已添加 ${settings.name}。`, en: `Added ${settings.name}.` }));
  print(`  client_id      ${clientId}`);
  if (secret !== undefined) print(`  client_secret  ${secret}`);
  if (stage.issuer !== undefined) print(`  issuer         ${stage.issuer}`);
  if (secret !== undefined) print(say(SHOWN_ONCE));
  for (const note of notes) print(say(note));
}

/** Who looks an address up. */
const THIS_MACHINE = { zh: '本机', en: 'this machine' };

export const SHOWN_ONCE = {
  zh: 'client_secret 只显示这一次：请立即保存，这里只保留其哈希值。',
  en: 'The secret is shown this once: store it now. Only its hash is kept.',
};

/** Names the permission that members need, and who has it. */
export async function permissionNote(
  permission: string,
  { stage, now, commandLine }: Work,
): Promise<Bilingual> {
  const { table, app } = stage;
  const names = await holderNames({ table, corpId: app.corpId }, permission, now);
  const note = holdersNote(permission, names);
  if (names.length > 0) return note;
  const command = commandLine(`permissions -- grant department:<id> ${permission}`);
  return { zh: `${note.zh}：${command}`, en: `${note.en}: ${command}` };
}

function providerNote({ stage }: Work): Bilingual | undefined {
  if (stage.hasProvider) return undefined;
  return {
    zh: '注意：该环境没有启用 OpenID Provider，这个程序还不能登录任何人。参见 stages/default.yml 中的 openidProvider。',
    en: 'Warning: this stage has no OpenID provider, so the program cannot sign anybody in. See openidProvider in stages/default.yml.',
  };
}

function portNote(address: string | undefined, { stage }: Work): Bilingual | undefined {
  const problem = address === undefined ? undefined : portProblem(address, stage.egress);
  if (address === undefined || problem === undefined) return undefined;
  // The path may hold a secret.
  const { origin } = new URL(address);
  return {
    zh: `注意：${origin} ${problem.zh}。退出通知发不到那里，应用的会话要到过期才结束。`,
    en: `Warning: ${origin} ${problem.en}. Logout tokens do not get there, and its sessions end when they expire.`,
  };
}
