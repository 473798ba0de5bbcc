import type { Invocation } from '../invocation.ts';
import { type Signatures, signPage } from '../jssdk/sign.ts';
import { AGENT_CONFIG_TICKET, CONFIG_TICKET } from '../jssdk/ticketKinds.ts';
import { ticketKey } from '../tableKeys.ts';
import { DynamoTokenStore } from '../token/dynamoTokenStore.ts';
import { SharedToken } from '../token/sharedToken.ts';
import type { Credential, TokenKind } from '../token/tokenKind.ts';
import { TokenRenewal } from '../token/tokenRenewal.ts';
import { getAgentConfigTicket, getConfigTicket } from '../wecom/api/getTicket.ts';
import { createWecomClient } from '../wecom/client.ts';
import { withAccessToken } from '../wecom/withAccessToken.ts';
import { words } from '../words.ts';
import { once } from './base.ts';
import { createTables, type Tables } from './tables.ts';
import { createAccessToken } from './wecom.ts';

/**
 * For `jssdk`.
 *
 *   access_token ─► client ─► TokenRenewal ─► SharedToken, for each ticket ─► signPage
 *
 * The tickets' calls bypass the rate limit, as gettoken does. Their store has no fallback: without
 * DynamoDB nobody could count them.
 */
export function wireJssdk(environment: NodeJS.ProcessEnv) {
  const tables = createTables(environment);
  const { clock, configuration } = tables;
  const tickets = once(() => createTickets(tables));

  async function sign(url: string, invocation: Invocation): Promise<Signatures> {
    const asked = tickets().map((ticket) => ticket.get(invocation));
    // If one fails, the other may hold its lease, which it must end.
    invocation.waitUntil(Promise.allSettled(asked));
    const [config = '', agentConfig = ''] = await Promise.all(asked);
    const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
    const parts = { app: configuration(), now: clock.now(), randomBytes };
    return signPage(parts, { config, agentConfig }, url);
  }

  return {
    /** The origins of pages that may use the JS-SDK. */
    origins: once(() => [
      ...words(environment['CORS_ORIGINS']),
      ...configuration().redirectUris.map((address) => new URL(address).origin),
    ]),
    sign,
  };
}

function createTickets(tables: Tables): SharedToken[] {
  const { clock, configuration, cacheTable } = tables;
  const app = configuration();
  const bare = createWecomClient(app.wecomApiBaseUrl, clock);
  const accessToken = createAccessToken(tables, bare);
  const client = withAccessToken(bare, accessToken);
  const credential: Credential = {
    // The client gets the same one from memory.
    async read(invocation) {
      await accessToken.get(invocation);
      return { value: '', revision: '' };
    },
  };

  function ticketOf(kind: TokenKind, call: typeof getConfigTicket): SharedToken {
    const key = ticketKey(app, kind.api);
    const store = new DynamoTokenStore({ table: cacheTable(), key, clock });
    const renewal = new TokenRenewal({
      kind,
      store,
      credential,
      call: (_credential, invocation) => call(client, invocation),
      clock,
    });
    return new SharedToken({ kind, store, renewal, clock, random: Math.random });
  }

  return [
    ticketOf(CONFIG_TICKET, getConfigTicket),
    ticketOf(AGENT_CONFIG_TICKET, getAgentConfigTicket),
  ];
}
