import { systemClock as clock } from '../../../../lib/clock.ts';
import { createDynamoDb, createTable } from '../../../../lib/dynamodb/table.ts';
import type { Invocation } from '../../../../lib/invocation.ts';
import { createParameter } from '../../../../lib/parameters/parameter.ts';
import { createSsm, createSsmClient } from '../../../../lib/parameters/ssm.ts';
import { tokenKey } from '../../../../lib/tableKeys.ts';
import { DynamoTokenStore } from '../../../../lib/token/dynamoTokenStore.ts';
import { FallbackTokenStore, MemoryTokenStore } from '../../../../lib/token/fallbackTokenStore.ts';
import { SharedToken } from '../../../../lib/token/sharedToken.ts';
import { ACCESS_TOKEN } from '../../../../lib/token/tokenKind.ts';
import { TokenRenewal } from '../../../../lib/token/tokenRenewal.ts';
import { getToken } from '../../../../lib/wecom/api/getToken.ts';
import { createWecomClient } from '../../../../lib/wecom/client.ts';
import { connect } from './connect.ts';
import { settings } from './settings.ts';

/** wecom-auth's token, wired as in lib/app/wecom.ts. */
export async function openAccessToken(): Promise<(invocation: Invocation) => Promise<string>> {
  const { corpId, agentId, wecomUrl, table, secretParameter } = settings();
  const client = createWecomClient(wecomUrl, clock);
  const cacheTable = createTable(createDynamoDb(clock), table);
  await connect(() => cacheTable.get({ pk: 'connect' }));
  const store = new FallbackTokenStore({
    shared: new DynamoTokenStore({ table: cacheTable, key: tokenKey(corpId, agentId), clock }),
    local: new MemoryTokenStore(),
    clock,
    onSwitch: () => {},
  });
  const renewal = new TokenRenewal({
    kind: ACCESS_TOKEN,
    store,
    credential: createParameter(secretParameter, createSsm(createSsmClient(clock)), clock),
    call: (secret, invocation) => getToken(client, corpId, secret, invocation),
    clock,
  });
  const accessToken = new SharedToken({
    kind: ACCESS_TOKEN,
    store,
    renewal,
    clock,
    random: Math.random,
  });
  return (invocation) => accessToken.get(invocation);
}
