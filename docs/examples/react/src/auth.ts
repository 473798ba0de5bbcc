import { useSyncExternalStore } from 'react';
import { createWecomAuth, type Session } from 'wecom-auth-client';

const api: string = import.meta.env.VITE_WECOM_AUTH_URL ?? 'http://localhost:3000';

export const auth = createWecomAuth({ api });

const subscribe = (onChange: () => void) => auth.on('change', onChange);

/** @returns who is signed in; undefined: nobody */
export function useSession(): Session | undefined {
  return useSyncExternalStore(subscribe, () => auth.session);
}

/**
 * For what the page shows. The back end that acts checks it again.
 *
 * @returns undefined if it cannot be known now
 */
export async function isPermitted(
  { member, accessToken }: Session,
  permission: string,
): Promise<boolean | undefined> {
  const query = new URLSearchParams({ permission });
  try {
    const response = await fetch(`${api}/api/wecom/verify/${member.userid}?${query}`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    const { authorized } = response.ok ? (await response.json()).data : {};
    return typeof authorized === 'boolean' ? authorized : undefined;
  } catch {
    return undefined;
  }
}

const isChinese = navigator.language.startsWith('zh');

export const text = (zh: string, en: string) => (isChinese ? zh : en);
