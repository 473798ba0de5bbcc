import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../../lib/clock.ts';
import { createTable } from '../../lib/dynamodb/table.ts';
import { WecomAuthError } from '../../lib/errors.ts';
import type { ParameterValue } from '../../lib/parameters/parameter.ts';
import { closedByNewSecret, wasRefused } from '../../lib/token/breaker.ts';
import { createDynamoTokenStore } from '../../lib/token/dynamoTokenStore.ts';
import type { TokenRecord } from '../../lib/token/tokenRecord.ts';
import { emptyRecord } from '../../lib/token/tokenRecord.ts';
import { getToken } from '../../lib/wecom/api/getToken.ts';
import type { WecomClient } from '../../lib/wecom/client.ts';
import { WecomErrcode } from '../../lib/wecom/errors.ts';
import { personalSettings } from '../deployment/awsClients.ts';
import { type Finding, failed, ok, refused } from './finding.ts';
import { newInvocation, type Place } from './place.ts';

/**
 * Whether gettoken works. It is called once at most, and not at all while the breaker is open for
 * this very secret: a wrong one too many, and WeCom bans the address for an hour (document 91039).
 *
 * @returns the finding, which ends the examination where it is none but the secret's; or the token
 */
export async function checkToken(
  place: Place,
  secret: ParameterValue,
  client: WecomClient,
): Promise<{ finding: Finding; token?: string }> {
  const record = await storedRecord(place);
  const { breaker } = record;
  if (breaker && wasRefused(breaker) && breaker.openUntil > systemClock.now()) {
    if (!closedByNewSecret(breaker, secret.revision)) {
      const errmsg = `since ${new Date(breaker.since).toISOString()}`;
      const finding = refused('gettoken', { errcode: breaker.errcode, errmsg }, { stop: true });
      return { finding: (await whetherStopped(place, record, client)) ?? finding };
    }
  }
  try {
    const answer = await getToken(client, place.corpId, secret.value, newInvocation());
    const token = answer['access_token'];
    if (typeof token !== 'string' || token === '') {
      return { finding: unreachable('gettoken', 'no access_token') };
    }
    return { finding: ok('gettoken', 'gettoken works', 'gettoken 正常'), token };
  } catch (error) {
    if (!(error instanceof WecomErrcode)) return { finding: unreachable('gettoken', error) };
    const finding = refused('gettoken', error, { stop: true });
    return { finding: (await whetherStopped(place, record, client)) ?? finding };
  }
}

async function storedRecord({ table, region, corpId, agentId }: Place): Promise<TokenRecord> {
  const dynamoDb = new DynamoDBClient(personalSettings(region));
  const store = createDynamoTokenStore(
    createTable(dynamoDb, table('cache')),
    corpId,
    agentId,
    systemClock,
  );
  return store.read().catch(() => emptyRecord);
}

/** A stopped app's secret is refused like a wrong one; a token from before tells them apart. */
async function whetherStopped(
  place: Place,
  { token }: TokenRecord,
  client: WecomClient,
): Promise<Finding | undefined> {
  if (token === undefined || token.expiresAt <= systemClock.now()) return undefined;
  const query = { access_token: token.value, agentid: place.agentId };
  try {
    await client({ api: 'agent/get', query, idempotent: true }, newInvocation());
  } catch (error) {
    if (error instanceof WecomErrcode && error.errcode === 50003) {
      return refused('agent', error, { stop: true });
    }
  }
  return undefined;
}

/** WeCom gave no answer that can be one. */
export function unreachable(check: string, error: unknown): Finding {
  const details = error instanceof WecomAuthError ? error.details : {};
  const why = [error instanceof Error ? error.message : String(error), details['cause'] ?? '']
    .join(' ')
    .trim();
  return failed(
    check,
    { en: `WeCom cannot be reached: ${why}`, zh: `无法连接企业微信：${why}` },
    {
      en: 'Check the network from here to wecomApiBaseUrl: DNS, proxy, outgoing HTTPS.',
      zh: '检查从本机到 wecomApiBaseUrl 的网络：DNS、代理、出站 HTTPS。',
    },
    { stop: true },
  );
}
