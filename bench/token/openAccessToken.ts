import { systemClock as clock } from '../../lib/clock.ts';
import { createDynamoDb, createTable } from '../../lib/dynamodb/table.ts';
import type { Invocation } from '../../lib/invocation.ts';
import { createParameter } from '../../lib/parameters/parameter.ts';
import { createSsm, createSsmClient } from '../../lib/parameters/ssm.ts';
import { createAccessToken } from '../../lib/token/accessToken.ts';
import { createDynamoTokenStore } from '../../lib/token/dynamoTokenStore.ts';
import { createFallbackTokenStore } from '../../lib/token/fallbackTokenStore.ts';
import { createMemoryTokenStore } from '../../lib/token/memoryTokenStore.ts';
import { getToken } from '../../lib/wecom/api/getToken.ts';
import { createWecomClient } from '../../lib/wecom/client.ts';
import { connect } from './connect.ts';
import { settings } from './settings.ts';

/** wecom-auth's token, wired as in lib/app/wecom.ts. */
export async function openAccessToken(): Promise<(invocation: Invocation) => Promise<string>> {
  const { corpId, agentId, wecomUrl, table, secretParameter } = settings();
  const client = createWecomClient(wecomUrl, clock);
  const cacheTable = createTable(createDynamoDb(clock), table);
  await connect(() => cacheTable.get({ pk: 'connect' }));
  const shared = createDynamoTokenStore(cacheTable, corpId, agentId, clock);
  const accessToken = createAccessToken({
    store: createFallbackTokenStore(shared, createMemoryTokenStore(), clock, () => {}),
    secret: createParameter(secretParameter, createSsm(createSsmClient(clock)), clock),
    callGetToken: (secret, invocation) => getToken(client, corpId, secret, invocation),
    clock,
    random: Math.random,
  });
  return (invocation) => accessToken.get(invocation);
}
