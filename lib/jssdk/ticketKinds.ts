import type { TokenKind } from '../token/tokenKind.ts';

const ticket = {
  field: 'ticket',
  isLimitedByHour: true,
  recheckMs: 60_000,
  isForSignIn: false,
} as const;

/** For `ww.register`'s getConfigSignature and wx.config (document 96909). */
export const CONFIG_TICKET: TokenKind = { ...ticket, api: 'get_jsapi_ticket' };

/** For `ww.register`'s getAgentConfigSignature and wx.agentConfig (document 96909). */
export const AGENT_CONFIG_TICKET: TokenKind = { ...ticket, api: 'ticket/get' };
