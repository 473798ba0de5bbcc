import type { AccessTokens } from '../credentials/accessTokens.ts';
import type { BadSecrets } from '../credentials/badSecrets.ts';
import type { Codes } from '../credentials/codes.ts';
import type { Consents } from '../credentials/consents.ts';
import type { JsapiTickets } from '../credentials/jsapiTickets.ts';
import type { UserTickets } from '../credentials/userTickets.ts';
import type { Administrator } from '../directory/administrator.ts';
import type { Directory } from '../directory/directory.ts';
import type { App, Company } from '../directory/types.ts';
import type { AppChat } from '../messages/appChat.ts';
import type { MediaStore } from '../messages/media.ts';
import type { Outbox } from '../messages/outbox.ts';
import type { Behaviour } from '../options.ts';
import { type Errcode, Refusal } from '../wire/errcodes.ts';

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
  messages: Outbox;
  media: MediaStore;
  /** By chatid. */
  chats: Map<string, AppChat>;
  /** Changes the company for this app, by the same path as its administrator does. */
  administratorFor: (app: App) => Administrator;
  /** Endpoints that clients called and the emulator does not have: each is reported once. */
  missing: Set<string>;
}

/** One call that has passed the checks common to all endpoints. */
export interface Call {
  query: URLSearchParams;
  /** The parsed JSON body; `{}` when there is none or it is not an object. */
  body: Record<string, unknown>;
  /** The bytes of a multipart form and its Content-Type, which has the boundary. */
  form: { bytes: Buffer; contentType: string } | undefined;
  ip: string;
  /** gettoken must treat the secret as wrong. */
  wrongSecret: boolean;
  /** user/get and auth/getuserdetail must answer about this member. */
  otherMember: string | undefined;
}

/** A file instead of a JSON answer. */
export class FileData {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;

  constructor(name: string, type: string, bytes: Buffer) {
    this.name = name;
    this.type = type;
    this.bytes = bytes;
  }
}

/** A refusal whose answer says more than its errcode. */
export class DetailedRefusal extends Refusal {
  readonly data: Readonly<Record<string, unknown>>;
  /** Follows errmsg at once. */
  readonly detail: string;

  constructor(errcode: Errcode, data: Readonly<Record<string, unknown>>, detail = '') {
    super(errcode);
    this.data = data;
    this.detail = detail;
  }
}

/** What follows errcode and errmsg. An `errmsg` of its own replaces `ok`. */
export type Data = Readonly<Record<string, unknown>>;

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
  answer: (emulator: Emulator, call: Call, app: App) => Data | FileData;
}

export type Endpoint =
  | AppEndpoint
  | (Common & {
      token: false;
      answer: (emulator: Emulator, call: Call) => Data;
    });
