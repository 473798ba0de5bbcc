import type { Callbacks } from './callbacks/sender.ts';
import type { AccessTokens } from './credentials/accessTokens.ts';
import type { BadSecrets } from './credentials/badSecrets.ts';
import type { Consents } from './credentials/consents.ts';
import type { JsapiTickets } from './credentials/jsapiTickets.ts';
import type { CodeRequest } from './credentials/mintCode.ts';
import type { Administrator } from './directory/administrator.ts';
import type { LiveCompany } from './directory/types.ts';
import type { Messages } from './messages/outbox.ts';
import type { Behaviour } from './options.ts';
import type { CallLog } from './wire/callLog.ts';
import type { Faults } from './wire/faults.ts';

/** A running emulator. */
export interface Wecom {
  /** `http://127.0.0.1:<port>`: base of the API and of the authorize pages alike. */
  url: string;
  port: number;
  /** Where it serves TLS, and the certificate authority that clients have to trust. */
  https?: { port: number; caFile: string };
  /** Live data: the next call sees a change of it. */
  company: LiveCompany;
  /** The switches of `Behaviour`; may be changed while running. */
  behaviour: Behaviour;
  calls: CallLog;
  faults: Faults;
  codes: {
    /** Creates an authorization code as the authorize page does. */
    mint(request: CodeRequest): string;
  };
  tokens: Pick<AccessTokens, 'revoke'>;
  /** Tickets of the JS-SDK. */
  tickets: Pick<JsapiTickets, 'revoke'>;
  bans: Pick<BadSecrets, 'ban' | 'clear'>;
  consents: Pick<Consents, 'forget'>;
  /** What apps and webhooks sent: the newest 10 000. */
  messages: Messages;
  /** Changes the company, and pushes the events. */
  administrator: Administrator;
  callbacks: Callbacks;
  close(): Promise<void>;
}
