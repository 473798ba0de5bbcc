import type { Bilingual } from '../bilingual.ts';
import { type Client, hashClientSecret, newClientSecret } from '../openid/clients.ts';
import { isForbiddenAddress, isPrivateAddress, literalAddress } from '../openid/networkAddress.ts';
import { counts } from '../permissions/grant.ts';
import { NOT_REACHABLE } from './clientAddress.ts';
import type { ClientSettings, SettingNames } from './clientSettings.ts';
import type { NewClient } from './clientStore.ts';
import { validSecrets } from './clientStore.ts';
import { showSubject } from './grantJson.ts';
import { InvalidInput } from './invalidInput.ts';
import { type Corp, grantsOfPermission } from './lists.ts';
import { type Lookup, resolve } from './lookup.ts';

const MAX_NAMES_SHOWN = 5;

/**
 * ID tokens name their client, and sessions the audience of the stage: one must never pass for the other.
 *
 * @throws InvalidInput
 */
export function refuseSessionAudience(
  { clientId, audience }: Pick<ClientSettings, 'clientId' | 'audience'>,
  names: Pick<SettingNames, 'audience'>,
  sessionAudience: string,
): void {
  for (const [name, given] of [
    ['client id', clientId],
    [names.audience, audience],
  ]) {
    if (given === sessionAudience) {
      throw new InvalidInput({
        zh: `${name} 不能是 ${given}：它是会话令牌的 audience（sessionAudience）`,
        en: `${name} must not be ${given}: that is the audience of sessions (sessionAudience)`,
      });
    }
  }
}

/**
 * A client with these settings, and its secret, of which only the hash is stored. A public client has none.
 *
 * @param now milliseconds since the epoch, here and below
 */
export function newClient(
  {
    clientId = crypto.randomUUID(),
    backchannelLogoutUri,
    audience,
    emailDomain,
    ...rest
  }: ClientSettings,
  now: number,
): { readonly client: NewClient; readonly secret: string | undefined } {
  const secret = rest.isPublic ? undefined : newClientSecret();
  return {
    secret,
    client: {
      clientId,
      ...rest,
      ...(backchannelLogoutUri !== undefined && { backchannelLogoutUri }),
      ...(audience !== undefined && { audience }),
      ...(emailDomain !== undefined && { emailDomain }),
      secrets: secret === undefined ? [] : [{ hash: hashClientSecret(secret), createdAt: now }],
    },
  };
}

export type Rotation =
  | {
      readonly isRefused: false;
      readonly secret: string;
      readonly secrets: Client['secrets'];
      /** In milliseconds since the epoch; absent: no old secret works any more. */
      readonly oldSecretUntil: number | undefined;
    }
  /** The old secret of the last rotation works until then: a client has at most two secrets. */
  | { readonly isRefused: true; readonly oldSecretUntil: number };

/**
 * A new secret for a client.
 *
 * @param keepMs how long the old secret still works, in milliseconds; 0 ends every old secret at once
 */
export function rotate(client: Client, keepMs: number, now: number): Rotation {
  const valid = validSecrets(client, now);
  const leaving = valid.find(({ expiresAt }) => expiresAt !== undefined);
  if (keepMs > 0 && valid.length > 1 && leaving?.expiresAt !== undefined) {
    return { isRefused: true, oldSecretUntil: leaving.expiresAt };
  }
  const secret = newClientSecret();
  const until = now + keepMs;
  const kept = keepMs > 0 ? valid.slice(-1).map((old) => ({ ...old, expiresAt: until })) : [];
  return {
    isRefused: false,
    secret,
    secrets: [...kept, { hash: hashClientSecret(secret), createdAt: now }],
    oldSecretUntil: kept.length > 0 ? until : undefined,
  };
}

/** The subjects that have the permission, in order. @throws StoreUnavailable */
export async function holderNames(corp: Corp, permission: string, now: number): Promise<string[]> {
  const grants = await grantsOfPermission(corp, permission);
  const holders = grants.filter((grant) => grant.effect === 'allow' && counts(grant, now));
  const names = new Set(holders.map(({ subject }) => showSubject(subject)));
  return [...names].sort(new Intl.Collator('en', { numeric: true }).compare);
}

/** Names the permission that members of a client need, and its holders. */
export function holdersNote(permission: string, names: readonly string[]): Bilingual {
  if (names.length === 0) {
    return {
      zh: `成员需要权限 ${permission}，目前没有人拥有它`,
      en: `Members need the permission ${permission}. Nobody has it yet`,
    };
  }
  const shown = names.slice(0, MAX_NAMES_SHOWN);
  const more = names.length - shown.length;
  return {
    zh: `成员需要权限 ${permission}，已授予 ${shown.join('、')}${more > 0 ? ` 等 ${names.length} 个对象` : ''}。`,
    en: `Members need the permission ${permission}. It is granted to ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
  };
}

/** A public client opens the token endpoint to scripts of its pages. */
export function scriptsNote({ isPublic, redirectUris }: ClientSettings): Bilingual | undefined {
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

/**
 * Looks up the host of an address that is to get logout tokens.
 *
 * @param here who looks it up
 * @returns a warning for an address that is private or that is not resolved here
 * @throws InvalidInput for an address to which no deployed stage sends
 */
export async function logoutNote(
  address: string | undefined,
  names: Pick<SettingNames, 'backchannelLogoutUri'>,
  here: Bilingual,
  lookup: Lookup,
): Promise<Bilingual | undefined> {
  if (address === undefined) return undefined;
  const { hostname } = new URL(address);
  const literal = literalAddress(hostname);
  const found = literal === undefined ? await resolve(hostname, lookup) : [literal];
  if (found === undefined) {
    return {
      zh: `注意：${here.zh}无法解析 ${hostname}，未检查能否把退出通知发到那里。`,
      en: `Warning: ${here.en} does not resolve ${hostname}. Whether logout tokens get there was not checked.`,
    };
  }
  if (found.some(isForbiddenAddress)) {
    throw new InvalidInput({
      zh: `${names.backchannelLogoutUri} ${address}：${NOT_REACHABLE.zh}`,
      en: `${names.backchannelLogoutUri} ${address}: ${NOT_REACHABLE.en}`,
    });
  }
  if (!found.some(isPrivateAddress)) return undefined;
  return {
    zh: `注意：${hostname} 只在内网可达。除非函数在该网络中且 logoutReach 为 private，退出通知发不到那里，应用的会话要到过期才结束。`,
    en: `Warning: only the intranet reaches ${hostname}. Unless the functions are in that network and logoutReach is private, logout tokens do not get there, and its sessions end when they expire.`,
  };
}
