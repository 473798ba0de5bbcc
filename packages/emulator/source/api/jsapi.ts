import { Refusal } from '../wire/errcodes.ts';
import type { Endpoint } from './endpoint.ts';

/** GET get_jsapi_ticket (document 96909): for wx.config. */
export const getJsapiTicket: Endpoint = {
  path: 'get_jsapi_ticket',
  document: 96909,
  method: 'GET',
  token: true,
  only: 'app',
  answer: ({ jsapiTickets }, _call, app) => ({ ...jsapiTickets.issue('config', app.agentid) }),
};

/** GET ticket/get?type=agent_config (document 96909): for wx.agentConfig, with that very app's token. */
export const ticketGet: Endpoint = {
  path: 'ticket/get',
  document: 96909,
  method: 'GET',
  token: true,
  only: 'app',
  answer({ jsapiTickets }, { query }, app) {
    if (query.get('type') !== 'agent_config') throw new Refusal(91040);
    return { ...jsapiTickets.issue('agent_config', app.agentid) };
  },
};
