import type { SensitiveField } from '../directory/types.ts';
import type { Behaviour } from '../options.ts';
import { randomToken } from './randomToken.ts';

interface UserTicket {
  agentid: number;
  userid: string;
  fields: readonly SensitiveField[];
}

export interface IssuedUserTicket extends UserTicket {
  /** Milliseconds. */
  expiresAt: number;
}

export interface UserTickets {
  issue(ticket: UserTicket): string;
  /** Looks the ticket up for this app and, unless tickets may be used again, uses it up. */
  redeem(value: string, agentid: number): UserTicket | 'expired' | 'invalid';
}

const MAX_KEPT = 10_000;

/** user_ticket: at most 512 bytes, 1800 s, of use only to the app it was given to (document 91023). */
export function userTickets(
  clock: () => number,
  behaviour: Behaviour,
  tickets: Map<string, IssuedUserTicket>,
): UserTickets {
  return {
    issue(ticket) {
      const value = randomToken(128);
      tickets.set(value, {
        ...ticket,
        expiresAt: clock() + behaviour.userTicketLifetimeSeconds * 1000,
      });
      const [oldest] = tickets.keys();
      if (tickets.size > MAX_KEPT && oldest !== undefined) tickets.delete(oldest);
      return value;
    },
    redeem(value, agentid) {
      const ticket = tickets.get(value);
      if (ticket === undefined || ticket.agentid !== agentid) return 'invalid';
      if (ticket.expiresAt <= clock()) return 'expired';
      if (!behaviour.userTicketReuse) tickets.delete(value);
      return ticket;
    },
  };
}
