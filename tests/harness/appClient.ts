import type { Clock } from '../../lib/clock.ts';
import { createWecomClient, type WecomClient } from '../../lib/wecom/client.ts';
import type { Wecom } from '../../packages/emulator/source/server.ts';
import { createInvocation } from './invocation.ts';

/** @returns a client of the emulated WeCom with an access_token of one of its apps; default: the main app */
export async function appClient(
  wecom: Wecom,
  clock: Clock,
  agentid = 1000002,
): Promise<WecomClient> {
  const client = createWecomClient(wecom.url, clock);
  const app = wecom.company.apps.find((each) => each.agentid === agentid);
  const query = { corpid: wecom.company.corpid, corpsecret: app?.secret ?? '' };
  const answer = await client({ api: 'gettoken', query, idempotent: true }, createInvocation());
  const access_token = String(answer['access_token']);
  return (call, invocation) =>
    client({ ...call, query: { access_token, ...call.query } }, invocation);
}
