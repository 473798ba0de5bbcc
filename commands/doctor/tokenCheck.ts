import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock as clock } from '../../lib/clock.ts';
import { createTable } from '../../lib/dynamodb/table.ts';
import { StoreUnavailable, WecomAuthError } from '../../lib/errors.ts';
import type { ParameterValue } from '../../lib/parameters/parameter.ts';
import { tokenKey } from '../../lib/tableKeys.ts';
import { DynamoTokenStore } from '../../lib/token/dynamoTokenStore.ts';
import { TokenUnavailable } from '../../lib/token/errors.ts';
import { SharedToken } from '../../lib/token/sharedToken.ts';
import { ACCESS_TOKEN } from '../../lib/token/tokenKind.ts';
import { TokenRenewal } from '../../lib/token/tokenRenewal.ts';
import type { StoredToken } from '../../lib/token/tokenStore.ts';
import { getToken } from '../../lib/wecom/api/getToken.ts';
import type { WecomClient } from '../../lib/wecom/client.ts';
import { WecomBadBody, WecomBadStatus, WecomErrcode } from '../../lib/wecom/errors.ts';
import { withAccessToken } from '../../lib/wecom/withAccessToken.ts';
import { personalSettings } from '../deployment/awsClients.ts';
import { type Finding, failed, ok, refused, unknown } from './finding.ts';
import { newInvocation, type Target } from './target.ts';
import { testSecret } from './testSecret.ts';

/**
 * Whether WeCom accepts the secret. A wrong one too many, and WeCom bans the address for an hour
 * (document 91039): the call counts in the record that the functions share, and is not made at all
 * if that record already says how this writing of the secret fares.
 *
 * @param client without an access_token
 * @returns the finding, and a client with the access_token if there is one; else the checks end
 */
export async function checkToken(
  target: Target,
  secret: ParameterValue,
  client: WecomClient,
): Promise<{ finding: Finding; wecom?: WecomClient }> {
  const { table, region, corpId, agentId } = target;
  const dynamoDb = new DynamoDBClient(personalSettings(region));
  const key = tokenKey(corpId, agentId);
  const store = new DynamoTokenStore({ table: createTable(dynamoDb, table('cache')), key, clock });
  const name = target.parameter('app-secret');
  const renewal = new TokenRenewal({
    kind: ACCESS_TOKEN,
    store,
    credential: { name, read: async () => secret },
    call: (value, invocation) => getToken(client, corpId, value, invocation),
    clock,
  });
  const accessToken = new SharedToken({
    kind: ACCESS_TOKEN,
    store,
    renewal,
    clock,
    random: Math.random,
  });
  let before: StoredToken | undefined;
  try {
    before = (await store.read()).token;
    const parts = { store, renewal, accessToken, clock };
    await testSecret(parts, secret.revision, newInvocation());
    return {
      finding: ok('gettoken', { en: 'gettoken works', zh: 'gettoken 正常' }),
      wecom: withAccessToken(client, accessToken),
    };
  } catch (error) {
    return {
      finding: (await whetherStopped(target, before, client)) ?? withoutToken(target, error),
    };
  }
}

/** Why there is no access_token, as one finding. */
export function withoutToken(target: Target, error: unknown): Finding {
  if (error instanceof StoreUnavailable) return uncounted(error);
  return error instanceof TokenUnavailable
    ? noToken(target, error)
    : { ...unreachable('gettoken', error), stop: true };
}

/** Without the record nobody can count the call, so it is not made. */
function uncounted({ details }: StoreUnavailable): Finding {
  const reason = String(details['reason']);
  return unknown(
    'gettoken',
    {
      en: `not tried: the cache table, where calls of gettoken are counted, cannot be used (${reason})`,
      zh: `未尝试：缓存表不可用，无法计入 gettoken 的调用次数（${reason}）`,
    },
    { en: String(details['advice'] ?? 'Fix the cache table first.'), zh: '请先修复缓存表。' },
  );
}

/** What WeCom said, now or to an instance before, and until when nobody calls again. */
function noToken(target: Target, error: TokenUnavailable): Finding {
  const { reason, errcode, details, cause } = error;
  const { since, openUntil } = details;
  if (reason === 'refused' || reason === 'limited') {
    const errmsg = `since ${since}; no further call before ${openUntil}`;
    const { what, ...finding } = refused('gettoken', { errcode, errmsg }, { stop: true });
    return {
      ...finding,
      what: {
        en: what.en,
        zh: what.zh.replace(errmsg, `自 ${since} 起；${openUntil} 之前不再调用`),
      },
      remedy: { en: String(details['advice']), zh: String(details['adviceZh']) },
    };
  }
  if (reason === 'unreported') {
    return failed(
      'gettoken',
      {
        en: `Calls of gettoken end without an outcome since ${since}; no further call before ${openUntil}`,
        zh: `自 ${since} 起，gettoken 的调用没有结果；${openUntil} 之前不再调用`,
      },
      {
        en: String(details['advice']),
        zh: '续取 access_token 的实例在写入结果之前就结束了。请检查崩溃、超时，以及被拒绝的 DynamoDB 写入。',
      },
      { stop: true },
    );
  }
  if (cause === undefined) return paused(target, error);
  return { ...unreachable('gettoken', cause), stop: true };
}

/** Somebody else called gettoken, or is calling it, and nobody else does for at most half a minute. */
function paused(target: Target, { reason, details }: TokenUnavailable): Finding {
  const { since, openUntil } = details;
  const finding = unknown(
    'gettoken',
    reason === 'unreachable'
      ? {
          en: `not called before ${openUntil}: WeCom gave no answer since ${since}`,
          zh: `${openUntil} 之前不再调用：自 ${since} 起企业微信没有响应`,
        }
      : { en: 'an instance is calling it', zh: '一个实例正在调用' },
    {
      en: 'Run the doctor again in a minute. If it stays, the functions meet the same: look at the checks verify and sign-in.',
      zh: '一分钟后再次运行 doctor。如果一直如此，说明函数遇到同样的问题：查看 verify 和 sign-in 检查项。',
    },
  );
  return target.local ? { ...finding, outcome: 'failed', stop: true } : finding;
}

/** A stopped app's secret is refused like a wrong one; a token from before tells them apart. */
async function whetherStopped(
  target: Target,
  token: StoredToken | undefined,
  client: WecomClient,
): Promise<Finding | undefined> {
  if (token === undefined || token.expiresAt <= clock.now()) return undefined;
  const query = { access_token: token.value, agentid: target.agentId };
  try {
    await client({ api: 'agent/get', query, idempotent: true }, newInvocation());
  } catch (error) {
    if (error instanceof WecomErrcode && error.errcode === 50003) {
      return refused('agent', error, { stop: true });
    }
  }
  return undefined;
}

/** WeCom gave no answer, or none that can be used. */
export function unreachable(check: string, error: unknown): Finding {
  const details = error instanceof WecomAuthError ? error.details : {};
  const why = [error instanceof Error ? error.message : String(error), details['cause'] ?? '']
    .join(' ')
    .trim();
  if (error instanceof WecomBadStatus || error instanceof WecomBadBody) {
    return failed(
      check,
      {
        en: `The answer to ${details['api']} cannot be used: ${why}`,
        zh: `${details['api']} 的响应无法使用：${why}`,
      },
      {
        en: "WeCom itself answers with status 200 and JSON. Look at the proxy at wecomApiBaseUrl; without one try again, and check WeCom's status.",
        zh: '企业微信自身总是返回 200 和 JSON。检查 wecomApiBaseUrl 处的代理；没有代理时请重试，并查看企业微信服务状态。',
      },
    );
  }
  return failed(
    check,
    { en: `WeCom cannot be reached: ${why}`, zh: `无法连接企业微信：${why}` },
    {
      en: 'Check the network from here to wecomApiBaseUrl: DNS, proxy, outgoing HTTPS.',
      zh: '检查从本机到 wecomApiBaseUrl 的网络：DNS、代理、出站 HTTPS。',
    },
  );
}
