import { randomToken } from './randomToken.ts';

export interface JsapiTicket {
  ticket: string;
  /** Milliseconds. */
  expiresAt: number;
}

export interface JsapiTickets {
  /** The current ticket of this kind for this app; a new one only after expiry (document 96909). */
  issue(kind: 'config' | 'agent_config', agentid: number): { ticket: string; expires_in: number };
}

const LIFETIME_SECONDS = 7_200;

export function jsapiTickets(clock: () => number, tickets: Map<string, JsapiTicket>): JsapiTickets {
  return {
    issue(kind, agentid) {
      const key = `${kind} ${agentid}`;
      let known = tickets.get(key);
      if (known === undefined || known.expiresAt <= clock()) {
        known = { ticket: randomToken(86), expiresAt: clock() + LIFETIME_SECONDS * 1_000 };
        tickets.set(key, known);
      }
      return {
        ticket: known.ticket,
        expires_in: Math.ceil((known.expiresAt - clock()) / 1000),
      };
    },
  };
}
