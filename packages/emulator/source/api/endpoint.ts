import type { AccessTokens } from '../credentials/accessTokens.ts';
import type { BadSecrets } from '../credentials/badSecrets.ts';
import type { Codes } from '../credentials/codes.ts';
import type { Consents } from '../credentials/consents.ts';
import type { JsapiTickets } from '../credentials/jsapiTickets.ts';
import type { UserTickets } from '../credentials/userTickets.ts';
import type { Directory } from '../directory/directory.ts';
import type { App, Company } from '../directory/types.ts';
import type { Behaviour } from '../options.ts';

/** The parts of the emulator that an endpoint may read or change. */
export interface Emulator {
  company: Company;
  directory: Directory;
  behaviour: Behaviour;
  clock: () => number;
  /** The clock as callers see it: moved by `clockOffsetMs`. */
  shownClock: () => number;
  tokens: AccessTokens;
  badSecrets: BadSecrets;
  codes: Codes;
  userTickets: UserTickets;
  jsapiTickets: JsapiTickets;
  consents: Consents;
  /** Endpoints that clients called and the emulator does not have: each is reported once. */
  missing: Set<string>;
}

/** One call that has passed the checks common to all endpoints. */
export interface Call {
  query: URLSearchParams;
  /** The parsed JSON body; `{}` when there is none or it is not an object. */
  body: Record<string, unknown>;
  ip: string;
  /** gettoken must treat the secret as wrong. */
  wrongSecret: boolean;
  /** user/get and auth/getuserdetail must answer about this member. */
  otherMember: string | undefined;
}

interface Common {
  /** Below /cgi-bin/. */
  path: string;
  /** `developer.work.weixin.qq.com/document/path/<number>`. */
  document: number;
  method: 'GET' | 'POST';
  /** The empty collections that even an error answer carries. */
  empty?: Record<string, unknown>;
  /** Contact endpoints answer 40014 with the bare text, the others with the hint (probed 2026-09-11). */
  bareInvalidToken?: boolean;
  /** getcallbackip and get_api_domain_ip put errcode after their list. */
  errcodeLast?: boolean;
}

/** An endpoint that needs an access_token. */
export interface AppEndpoint extends Common {
  token: true;
  /** The kind of app whose tokens may call it: others get 48002. Default: every kind. */
  only?: App['kind'];
  answer: (emulator: Emulator, call: Call, app: App) => Record<string, unknown>;
}

export type Endpoint =
  | AppEndpoint
  | (Common & {
      token: false;
      answer: (emulator: Emulator, call: Call) => Record<string, unknown>;
    });
