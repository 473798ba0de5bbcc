import type { Clock } from '../../lib/clock.ts';
import { createExchange, type Exchange } from '../../lib/wecom/exchange.ts';
import type { Wecom } from '../../local/wecom/server.ts';
import { createInvocation } from './invocation.ts';

/** Calls of the emulated WeCom with the access_token of one of its apps: the main one. */
export async function appExchange(
  wecom: Wecom,
  clock: Clock,
  agentid = 1000002,
): Promise<Exchange> {
  const exchange = createExchange(wecom.url, clock);
  const app = wecom.company.apps.find((each) => each.agentid === agentid);
  const query = { corpid: wecom.company.corpid, corpsecret: app?.secret ?? '' };
  const answer = await exchange({ api: 'gettoken', query, idempotent: true }, createInvocation());
  const access_token = String(answer['access_token']);
  return (call, invocation) =>
    exchange({ ...call, query: { access_token, ...call.query } }, invocation);
}
