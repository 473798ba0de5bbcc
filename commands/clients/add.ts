import type { Bilingual } from '../../lib/bilingual.ts';
import { hashClientSecret, newClientSecret } from '../../lib/openid/clients.ts';
import {
  isForbiddenAddress,
  isPrivateAddress,
  literalAddress,
} from '../../lib/openid/networkAddress.ts';
import { counts, readGrant } from '../../lib/permissions/grant.ts';
import { ANY_PERMISSION } from '../../lib/permissions/permissionName.ts';
import { corpPrefix, GRANT } from '../../lib/tableKeys.ts';
import { EXIT, ExitError, misunderstood } from '../administration/exit.ts';
import { scan } from '../administration/scan.ts';
import { showSubject } from '../permissions/show.ts';
import { NOT_REACHABLE, portProblem } from './address.ts';
import { resolve } from './lookup.ts';
import type { ClientSettings } from './request.ts';
import type { Work } from './work.ts';

const MAX_NAMES_SHOWN = 5;

/**
 * Adds a client and prints its secret, which is not shown again. The client is written last, because a failure
 * after that would lose the secret.
 *
 * @throws ExitError, StoreUnavailable
 */
export async function add(settings: ClientSettings, work: Work): Promise<void> {
  const { options, stage, store, say, print, warn } = work;
  const { clientId = crypto.randomUUID(), backchannelLogoutUri, audience, emailDomain } = settings;
  // ID tokens name their client and sessions that audience: one must never pass for the other.
  for (const [option, given] of [
    ['client id', clientId],
    ['--audience', audience],
  ]) {
    if (given === stage.sessionAudience) {
      throw misunderstood({
        zh: `${option} 不能是 ${given}：它是会话令牌的 audience（sessionAudience）`,
        en: `${option} must not be ${given}: that is the audience of sessions (sessionAudience)`,
      });
    }
  }
  const notes = [
    await permissionNote(settings.permission, work),
    await logoutNote(backchannelLogoutUri, work),
    portNote(backchannelLogoutUri, work),
    scriptsNote(settings),
  ].filter((note) => note !== undefined);

  const secret = settings.isPublic ? undefined : newClientSecret();
  const secrets =
    secret === undefined ? [] : [{ hash: hashClientSecret(secret), createdAt: work.now }];
  const outcome = await store.add({
    clientId,
    name: settings.name,
    redirectUris: settings.redirectUris,
    postLogoutRedirectUris: settings.postLogoutRedirectUris,
    ...(backchannelLogoutUri !== undefined && { backchannelLogoutUri }),
    isPublic: settings.isPublic,
    permission: settings.permission,
    ...(audience !== undefined && { audience }),
    ...(emailDomain !== undefined && { emailDomain }),
    groupPaths: settings.groupPaths,
    refresh: settings.refresh,
    secrets,
  });
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

export const SHOWN_ONCE = {
  zh: 'client_secret 只显示这一次：请立即保存，这里只保留其哈希值。',
  en: 'The secret is shown this once: store it now. Only its hash is kept.',
};

/** Names the permission that members need, and who has it. */
export async function permissionNote(
  permission: string,
  { stage, now, commandLine }: Work,
): Promise<Bilingual> {
  const filter = {
    expression: 'begins_with(pk, :corp) AND (sk = :named OR sk = :any)',
    values: {
      ':corp': corpPrefix(stage.app.corpId),
      ':named': GRANT + permission,
      ':any': GRANT + ANY_PERMISSION,
    },
  };
  const holders = new Set<string>();
  for await (const item of scan(stage.dynamoDb, stage.tableName, filter)) {
    const grant = readGrant(item);
    if (grant.effect === 'allow' && counts(grant, now)) holders.add(showSubject(grant.subject));
  }
  if (holders.size === 0) {
    const command = commandLine(`permissions -- grant department:<id> ${permission}`);
    return {
      zh: `成员需要权限 ${permission}，目前没有人拥有它：${command}`,
      en: `Members need the permission ${permission}. Nobody has it yet: ${command}`,
    };
  }
  const names = [...holders].sort(new Intl.Collator('en', { numeric: true }).compare);
  const shown = names.slice(0, MAX_NAMES_SHOWN);
  const more = names.length - shown.length;
  return {
    zh: `成员需要权限 ${permission}，已授予 ${shown.join('、')}${more > 0 ? ` 等 ${names.length} 个对象` : ''}。`,
    en: `Members need the permission ${permission}. It is granted to ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
  };
}

/**
 * @returns a warning for an address that is private or that this machine does not resolve
 * @throws ExitError for an address to which no deployed stage sends
 */
async function logoutNote(
  address: string | undefined,
  { options, lookup }: Work,
): Promise<Bilingual | undefined> {
  if (address === undefined || options.stage === 'local') return undefined;
  const { hostname } = new URL(address);
  const literal = literalAddress(hostname);
  const found = literal === undefined ? await resolve(hostname, lookup) : [literal];
  if (found === undefined) {
    return {
      zh: `注意：本机无法解析 ${hostname}，未检查能否把退出通知发到那里。`,
      en: `Warning: this machine does not resolve ${hostname}. Whether logout tokens get there was not checked.`,
    };
  }
  if (found.some(isForbiddenAddress)) {
    throw misunderstood({
      zh: `--backchannel-logout-uri ${address}：${NOT_REACHABLE.zh}`,
      en: `--backchannel-logout-uri ${address}: ${NOT_REACHABLE.en}`,
    });
  }
  if (!found.some(isPrivateAddress)) return undefined;
  return {
    zh: `注意：${hostname} 只在内网可达。除非函数在该网络中且 logoutReach 为 private，退出通知发不到那里，应用的会话要到过期才结束。`,
    en: `Warning: only the intranet reaches ${hostname}. Unless the functions are in that network and logoutReach is private, logout tokens do not get there, and its sessions end when they expire.`,
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

/** A public client opens the token endpoint to scripts of its pages. */
function scriptsNote({ isPublic, redirectUris }: ClientSettings): Bilingual | undefined {
  const origins = redirectUris
    .map((address) => new URL(address).origin)
    .filter((origin) => origin !== 'null');
  if (!isPublic || origins.length === 0) return undefined;
  const all = [...new Set(origins)];
  return {
    zh: `公开客户端：${all.join('、')} 的网页脚本可以调用令牌端点和 userinfo。`,
    en: `A public client: scripts of ${all.join(', ')} may call the token endpoint and userinfo.`,
  };
}
