import { randomToken } from './randomToken.ts';

export interface JsapiTicket {
  ticket: string;
  /** Milliseconds. */
  expiresAt: number;
}

/** For wx.config, and for wx.agentConfig. */
export type TicketKind = 'config' | 'agent_config';

export interface JsapiTickets {
  /** The current ticket of this kind for this app; a new one only after expiry (document 96909). */
  issue(kind: TicketKind, agentid: number): { ticket: string; expires_in: number };
  /**
   * Revokes tickets early: the next call gives another one. Without a kind or an agentid: all of them.
   *
   * @returns how many
   */
  revoke(which?: { kind?: TicketKind; agentid?: number }): number;
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
    revoke({ kind, agentid } = {}) {
      const hit = [...tickets].filter(([key, { expiresAt }]) => {
        const [its, of] = key.split(' ');
        const isMeant = (kind ?? its) === its && String(agentid ?? of) === of;
        return isMeant && expiresAt > clock();
      });
      for (const [key] of hit) tickets.delete(key);
      return hit.length;
    },
  };
}
