import type { CallbackTarget } from './callbacks/target.ts';
import type { Company } from './directory/types.ts';

/**
 * A switch for each behaviour of WeCom that is not published, or on which reports differ. It can be changed
 * while the emulator runs. "Unverified": nobody has confirmed it against WeCom.
 */
export interface Behaviour {
  /** gettoken inside the validity: the same token (field reports) or a new one; both stay valid (document 91039). */
  repeatGettoken: 'same' | 'new';
  /** expires_in when the same token is given again. Unverified. */
  repeatExpiresIn: 'remaining' | 'full';
  /** Seconds an access_token lives (document 91039: normally 7200). */
  tokenLifetimeSeconds: number;
  /** Characters of a new access_token; up to 512 (document 91039). */
  tokenLength: number;
  /** The errcode of an expired token: 42001 in the documents, 40014 in reports. */
  expiredTokenErrcode: 42001 | 40014;
  /** Wrong secrets from one address before it is banned. WeCom publishes no number. */
  badSecretLimit: number;
  /** Seconds the ban lasts (document 91039: one hour). */
  banDurationSeconds: number;
  /** The calls that a banned address is refused. Unverified. */
  banCovers: 'everything' | 'gettoken';
  /** Seconds (document 91022). */
  codeLifetimeSeconds: number;
  /** Seconds (document 91023). */
  userTicketLifetimeSeconds: number;
  /** Whether a user_ticket may be used again inside its life. Unverified; the documents do not say single use. */
  userTicketReuse: boolean;
  /** Days during which the consent page is not shown again (document 91335). */
  consentDays: number;
  /** A field without tick or consent: left out, or an empty string. Both are seen. */
  withheldField: 'absent' | 'empty';
  /** The avatar without consent: a default picture (2023 page) or left out (2022 page). */
  withheldAvatar: 'default' | 'absent';
  /** user/get of an existing member outside the visible range. Unverified. */
  invisibleMemberErrcode: 60011 | 60111;
  /** department endpoints with an id that does not exist. Unverified for department/get. */
  unknownDepartmentErrcode: 60123 | 60003 | 60011;
  /** department endpoints with an id outside the visible range. Unverified. */
  invisibleDepartmentErrcode: 60011 | 60123 | 60003;
  /** `department` of user/get: only what the app may see, or all. Unverified. */
  memberDepartments: 'visible' | 'all';
  /** Whether callers of the contacts-sync secret count as new addresses, and get 48009 (document 90196). */
  contactsSyncNewAddress: boolean;
  /** `id=0` of department/list and department/simplelist: like no id, or an unknown department. Unverified. */
  departmentZero: 'all' | 'unknown';
  /** `fetch_child=1` of user/list and user/simplelist, which the documents no longer have (document 90200). */
  fetchChild: 'followed' | 'ignored';
  /** POST to an endpoint of GET: 0 answers as GET does. Unverified; libraries do it in production. */
  postToGetErrcode: 0 | 43001 | 40058;
  /**
   * An unknown department of a new member: created below 其他（待设置部门）, where a member without one goes too
   * (the page of 2025), or 60123 and 41019 (document 90195).
   */
  newMemberDepartment: 'created' | 'refused';
  /** A change of a tag that is another's: both codes say so (document 90313). */
  foreignTagErrcode: 81011 | 60011;
  /** Whether changes by the contacts-sync secret are pushed to its own receiver (document 96302: they are not). */
  contactWritesEcho: boolean;
  /** A file whose name stands in `filename*=` alone: WeCom finds no file, 44001 (weworkapi_python#1). */
  extendedFileName: 'ignored' | 'read';
  /** The scope snsapi_userinfo: like snsapi_base, or refused. Gone from the self-built page (document 91022). */
  userinfoScope: 'base' | 'error';
  /** snsapi_privateinfo without agentid: the document says both (document 91022). */
  privateinfoWithoutAgentid: 'error' | 'base';
  /** Refusal on the consent page: back with the state alone, or staying where one is. Unverified. */
  oauthRefusal: 'state' | 'stay';
  /** Refusal on the current web login page. Unverified; the older page is documented (document 91019). */
  webLoginRefusal: 'state' | 'stay';
  /** Show "please open in the client" to browsers other than WeCom's and WeChat's. */
  requireClient: boolean;
  /** The form of contact events: URLs saved after 2022-08-15 get the reduced one (document 96303). */
  contactsForm: 'reduced' | 'full';
  /** Milliseconds a receiver has for a push (document 90238). */
  callbackTimeoutMs: number;
  /** Further attempts after a failed one (document 90238: three). */
  callbackRetries: number;
  /** Milliseconds between attempts. Unverified. */
  callbackRetryDelayMs: number;
  /** Whether a retry repeats timestamp, nonce and ciphertext or has new ones. Unverified. */
  callbackRetryEnvelope: 'same' | 'fresh';
  /** How often each event is pushed: above 1, duplicates. */
  callbackCopies: number;
  /** Lose every push, as WeCom may for receivers that failed too often. */
  callbackDrop: boolean;
  /** What is wrong with each push, as with a forged or a broken one: only what the receiver checks first. */
  callbackDamage: 'none' | 'signature' | 'corpid' | 'padding';
  /** Bytes of padding each push shall have, 1 to 32; 0: whatever comes. */
  callbackPadding: number;
  /** CreateTime (seconds) of every push, so that different events share a second; 0: the clock's. */
  callbackCreateTime: number;
  /** Milliseconds between an event and its first push. */
  callbackDelayMs: number;
  /** Milliseconds that every call under /cgi-bin/ takes; a `slow` fault adds to them. */
  callDurationMs: number;
  /**
   * Milliseconds by which WeCom's clock is ahead of the caller's, negative: behind. It moves what callers see
   * (Date header, hint, CreateTime, the timestamp of callbacks), not how long tokens, codes and bans last.
   */
  clockOffsetMs: number;
  /** Milliseconds a receiver has for URL verification (document 90238: one second). */
  verificationTimeoutMs: number;
}

export const DEFAULT_BEHAVIOUR: Readonly<Behaviour> = {
  repeatGettoken: 'same',
  repeatExpiresIn: 'remaining',
  tokenLifetimeSeconds: 7200,
  tokenLength: 214,
  expiredTokenErrcode: 42001,
  badSecretLimit: 20,
  banDurationSeconds: 3600,
  banCovers: 'everything',
  codeLifetimeSeconds: 300,
  userTicketLifetimeSeconds: 1800,
  userTicketReuse: true,
  consentDays: 30,
  withheldField: 'absent',
  withheldAvatar: 'default',
  invisibleMemberErrcode: 60011,
  unknownDepartmentErrcode: 60123,
  invisibleDepartmentErrcode: 60011,
  memberDepartments: 'visible',
  contactsSyncNewAddress: true,
  departmentZero: 'all',
  fetchChild: 'followed',
  postToGetErrcode: 0,
  newMemberDepartment: 'created',
  foreignTagErrcode: 81011,
  contactWritesEcho: false,
  extendedFileName: 'ignored',
  userinfoScope: 'base',
  privateinfoWithoutAgentid: 'error',
  oauthRefusal: 'state',
  webLoginRefusal: 'state',
  requireClient: false,
  contactsForm: 'reduced',
  callbackTimeoutMs: 5000,
  callbackRetries: 3,
  callbackRetryDelayMs: 1000,
  callbackRetryEnvelope: 'same',
  callbackCopies: 1,
  callbackDrop: false,
  callbackDamage: 'none',
  callbackPadding: 0,
  callbackCreateTime: 0,
  callbackDelayMs: 0,
  callDurationMs: 0,
  clockOffsetMs: 0,
  verificationTimeoutMs: 1000,
};

export interface HttpsOptions {
  /** 0 or absent: any free port. Clients reach WeCom's hosts at 443. */
  port?: number;
  /** The folder of the certificate authority, which is created if it is not there. */
  folder: string;
}

export interface WecomOptions extends Partial<Behaviour> {
  /** 0 or absent: any free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /**
   * Default: a fresh copy of the fixture company. The emulator owns it from then on. See `companyOfSize`
   * for a large one.
   */
  company?: Company;
  /**
   * A file that keeps the company between runs: read at the start, if it exists, instead of `company`, and
   * written after each change by the administrator or by the API. Tokens, codes, tickets, consents and group
   * chats are kept in the same way beside it, in `<file>.issued`, so that clients with a cache go on. Messages
   * and media are not kept. Default: none.
   */
  keepIn?: string;
  /**
   * Names, without a port, by which the admin endpoints and the console may be reached beside localhost: of a
   * container in its network. Whoever reaches them controls the emulator. Default: none.
   */
  adminHosts?: readonly string[];
  /** Also serves TLS, for clients whose base address cannot be changed. Default: none. */
  https?: HttpsOptions;
  /** Milliseconds; default Date.now. */
  clock?: () => number;
  /** Waits so many milliseconds: for slow responses and callback retries. Default: setTimeout. */
  delay?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The receivers of pushes. */
  callbacks?: { app?: CallbackTarget; contacts?: CallbackTarget };
}

/** The switches of these options; the others have their defaults. */
export function behaviourOf(options: WecomOptions): Behaviour {
  const names = Object.keys(DEFAULT_BEHAVIOUR) as (keyof Behaviour)[];
  const chosen = names
    .filter((name) => options[name] !== undefined)
    .map((name) => [name, options[name]]);
  return { ...DEFAULT_BEHAVIOUR, ...Object.fromEntries(chosen) };
}
