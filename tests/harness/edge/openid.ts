import { firstKey, newSessionKey } from '../../../commands/sessionKeys/rotation.ts';
import { systemClock } from '../../../lib/clock.ts';
import { writeObserved } from '../../../lib/directory/membershipWrite.ts';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { createAdapter } from '../../../lib/openid/adapter.ts';
import { saveClient } from '../../../lib/openid/clients.ts';
import { newGrantId, writeGrant } from '../../../lib/openid/signIns.ts';
import { grantItem } from '../../../lib/permissions/grant.ts';
import { subOf } from '../../../lib/permissions/person.ts';
import { OPENID_CLIENT } from '../lambda/events.ts';
import { newClient } from '../openidClient.ts';

/** Not user123, whose membership other measurements need as it is. */
const USERID = 'openiduser';
const DAY_SECONDS = 86_400;

/** @returns the value of the parameter with the session keys */
export async function sessionKeys(): Promise<string> {
  return JSON.stringify(firstKey(await newSessionKey(), Math.floor(Date.now() / 1_000)));
}

/** Stores a client of the OpenID provider, a member who may use it, and the member's refresh token. */
export async function addOpenidSignIn(
  { cache, permissions }: { readonly cache: Table; readonly permissions: Table },
  corpId: string,
): Promise<void> {
  const { clientId, secret, redirectUri, refreshToken } = OPENID_CLIENT;
  const clock = systemClock;
  const now = clock.now();
  const seconds = Math.floor(now / 1_000);
  const client = newClient({ id: clientId, secret, redirectUri }, { refresh: true });
  await saveClient(permissions, corpId, client, undefined);
  const subject = `member#${USERID}`;
  const grant = { subject, permission: 'access', effect: 'allow', by: 'bench', at: 0 } as const;
  await permissions.put(grantItem(corpId, grant));
  const app = { corpId, agentId: '1000002' };
  const snapshot = { state: 'active', why: 'status 1', departments: [2], readAt: now } as const;
  await writeObserved(permissions, app, USERID, snapshot);
  const sub = await subOf({ table: permissions, corpId }, USERID, now);
  const grantId = newGrantId(sub, 'bench');
  const times = { iat: seconds, exp: seconds + DAY_SECONDS };
  const of = { accountId: sub, clientId, ...times };
  const signIns = { table: permissions, corpId, clock };
  const payload = { ...of, kind: 'Grant', openid: { scope: 'openid profile' } };
  await writeGrant(signIns, grantId, payload, DAY_SECONDS);
  const tokens = createAdapter('RefreshToken', {
    table: cache,
    corpId,
    clock,
    signIns,
    hasEnded: async () => false,
    providerSessionSeconds: 43_200,
    findClient: async () => undefined,
  });
  const token = {
    ...of,
    kind: 'RefreshToken',
    authTime: seconds,
    grantId,
    gty: 'authorization_code',
    scope: 'openid profile',
    iiat: seconds,
  };
  await tokens.upsert(refreshToken, token, DAY_SECONDS);
}
