import { rotate } from '../../lib/administration/clientChanges.ts';
import type { Outcome } from '../../lib/administration/clientStore.ts';
import { formatTime } from '../../lib/administration/time.ts';
import type { Client } from '../../lib/openid/clients.ts';
import { EXIT, ExitError, misunderstood } from '../administration/exit.ts';
import { SHOWN_ONCE } from './add.ts';
import type { Work } from './work.ts';

/**
 * Replaces the client's secret and prints the new one.
 *
 * @param keepMs how long the old secret still works, in milliseconds; 0 ends every old secret at once
 *
 * @throws ExitError, StoreUnavailable
 */
export async function rotateSecret(clientId: string, keepMs: number, work: Work): Promise<void> {
  const { options, store, say, print, now } = work;
  const client = await store.find(clientId);
  if (client === undefined || client === 'unreadable') throw notThere(clientId, client);
  if (client.isPublic) {
    throw misunderstood({
      zh: `${clientId} 是公开客户端，没有 secret`,
      en: `${clientId} is a public client and has no secret`,
    });
  }
  const rotation = rotate(client, keepMs, now);
  if (rotation.isRefused) {
    const until = formatTime(rotation.oldSecretUntil);
    throw new ExitError(EXIT.unconfirmed, {
      zh: `上一次更换的旧 secret 在 ${until}（北京时间）之前仍然有效。请在那之后重新运行，或加 --now 立即停用所有旧 secret。`,
      en: `The old secret of the last rotation works until ${until} (China). Run again after that, or end all old secrets at once with --now.`,
    });
  }
  const { secret, secrets, oldSecretUntil } = rotation;
  expectDone(await store.replaceSecrets(client, secrets, oldSecretUntil), clientId);

  if (options.json) {
    const expires = oldSecretUntil !== undefined && {
      old_secret_expires_at: new Date(oldSecretUntil).toISOString(),
    };
    return print(JSON.stringify({ client_id: clientId, client_secret: secret, ...expires }));
  }
  print(`  client_id      ${clientId}`);
  print(`  client_secret  ${secret}`);
  print(say(SHOWN_ONCE));
  print(
    oldSecretUntil === undefined
      ? say({ zh: '旧 secret 已失效。', en: 'The old secret no longer works.' })
      : say({
          zh: `旧 secret 在 ${formatTime(oldSecretUntil)}（北京时间）之前仍然有效。`,
          en: `The old secret works until ${formatTime(oldSecretUntil)} (China).`,
        }),
  );
}

/**
 * Removes a client: nobody signs in to it any more, and its codes and refresh tokens stop working.
 *
 * @throws ExitError, StoreUnavailable
 */
export async function remove(clientId: string, work: Work): Promise<void> {
  const { options, store, say, print } = work;
  const client = await store.find(clientId);
  if (client === undefined) throw notThere(clientId, client);
  expectDone(await store.remove(clientId, client), clientId);
  if (options.json) return print(JSON.stringify({ removed: clientId }));
  const name = client === 'unreadable' ? clientId : `${client.name} (${clientId})`;
  print(
    say({
      zh: `已删除 ${name}。不再能登录，刷新令牌立即失效；已发给 API 的访问令牌最多再有效十分钟。`,
      en: `Removed ${name}. Sign-ins and refresh tokens stop at once; access tokens for an API work for ten more minutes at most.`,
    }),
  );
}

function expectDone(outcome: Outcome, clientId: string): void {
  if (outcome === 'done') return;
  throw new ExitError(EXIT.conflict, {
    zh: `${clientId}：有人同时改了这个客户端，什么都没有改变。请重新运行。`,
    en: `${clientId}: somebody else changed this client meanwhile. Nothing was changed. Run again.`,
  });
}

export function notThere(
  clientId: string,
  found: Exclude<Awaited<ReturnType<Work['store']['find']>>, Client>,
): ExitError {
  if (found === undefined) {
    return new ExitError(EXIT.no, {
      zh: `没有客户端 ${clientId}。`,
      en: `There is no client ${clientId}.`,
    });
  }
  return new ExitError(EXIT.failed, {
    zh: `客户端 ${clientId} 的记录无法读取：请删除后重新添加。`,
    en: `The client ${clientId} cannot be read: remove it and add it again.`,
  });
}
