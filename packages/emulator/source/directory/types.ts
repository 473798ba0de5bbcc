/** The company as its administrator sees it. Field names are WeCom's own, so that data reads like its documents. */

/** 1 active, 2 disabled, 4 not activated, 5 left the company (document 90196). */
type MemberStatus = 1 | 2 | 4 | 5;

/** What a member must consent to, and an administrator must tick, before an app may read it (document 95833). */
export const SENSITIVE_FIELDS = [
  'gender',
  'avatar',
  'qr_code',
  'mobile',
  'email',
  'biz_mail',
  'address',
] as const;

export type SensitiveField = (typeof SENSITIVE_FIELDS)[number];

export interface Member {
  userid: string;
  name: string;
  /** Department ids; `main_department` is one of them. */
  department: number[];
  main_department: number;
  position: string;
  status: MemberStatus;
  /** "0" unknown, "1" male, "2" female. */
  gender: '0' | '1' | '2';
  /** Parallel to `department`; larger comes first. Default: zeros. */
  order?: number[];
  /** Parallel to `department`, 1 for a leader. Default: zeros. */
  is_leader_in_dept?: number[];
  direct_leader?: string[];
  alias?: string;
  english_name?: string;
  telephone?: string;
  mobile?: string;
  email?: string;
  biz_mail?: string;
  address?: string;
  avatar?: string;
  qr_code?: string;
  extattr?: ExtendedAttribute[];
  /** Without an account for the basic API: messages name them as `unlicenseduser` (document 90236). */
  unlicensed?: boolean;
  /** What the member agrees to give when asked, and so the first ticks of the consent page. Default: everything. */
  consents_to?: SensitiveField[];
  /** A remark for the reader of the emulator's pages; WeCom has no such field. */
  note?: string;
  note_en?: string;
}

export type ExtendedAttribute =
  | { type: 0; name: string; text: { value: string } }
  | { type: 1; name: string; web: { url: string; title: string } };

export interface Department {
  id: number;
  /** May be absent: WeCom does not promise a name to every kind of app (document 95407). */
  name?: string;
  name_en?: string;
  department_leader: string[];
  /** 0 for the root; its value there is unverified. */
  parentid: number;
  order: number;
}

export interface Tag {
  tagid: number;
  tagname: string;
  /** userids. */
  userlist: string[];
  /** Department ids. */
  partylist: number[];
  /** The agentid of what created it by the API. Absent: the administrator did. */
  creator?: number;
}

/** A robot of a group, which webhook/send speaks for (document 99110). */
export interface Webhook {
  key: string;
  name: string;
}

/** Somebody who can open an authorize page without being a member of this company. */
export type Visitor = { id: string; name: string; note?: string; note_en?: string } & (
  | { kind: 'stranger'; openid: string }
  | {
      kind: 'customer';
      openid: string;
      external_userid: string;
      /** The member who has this person as a customer. */
      follower: string;
    }
  | { kind: 'linked'; corpid: string; userid: string }
);

interface VisibleRange {
  users: string[];
  parties: number[];
  tags: number[];
}

export interface App {
  agentid: number;
  name: string;
  secret: string;
  /** `contacts-sync` is not an app but the secret of 通讯录同步, with rights of its own. */
  kind: 'app' | 'contacts-sync';
  /** ISO time. Apps from before 2022-06-20 20:00 (+08:00) still read sensitive fields from user/get. */
  created: string;
  enabled: boolean;
  /** OAuth trusted domains: `host` or `host:port`, exact, no wildcard (document 91335). */
  trusted_domains: string[];
  /** Further hosts for web login only: 企业微信授权登录 (document 98152). */
  web_login_domains: string[];
  visible: VisibleRange;
  /** The fields the administrator ticked in the app's detail page. */
  sensitive_fields: SensitiveField[];
  /** 企业可信IP. Absent: any address may call. */
  trusted_ips?: string[];
  /** The mini-program that belongs to the app, whose members sign in by miniprogram/jscode2session. */
  miniprogram_appid?: string;
  /** Whether it may call the API of customers: 客户联系 - 可调用接口的应用. */
  customer_contact?: boolean;
  description?: string;
  home_url?: string;
  square_logo_url?: string;
  report_location_flag?: 0 | 1;
  isreportenter?: 0 | 1;
  /** What menu/create published: the body of that call. */
  menu?: { button: unknown[] } | undefined;
}

export interface Company {
  corpid: string;
  name: string;
  departments: Department[];
  tags: Tag[];
  members: Member[];
  visitors: Visitor[];
  apps: App[];
  webhooks?: Webhook[];
  api_domain_ips: string[];
  callback_ips: string[];
}

/** T with these fields readonly, and the arrays in them too. */
type Fixed<T, K extends keyof T> = Omit<T, K> & {
  readonly [Name in K]: T[Name] extends (infer Item)[] | undefined ? readonly Item[] : T[Name];
};

export type LiveMember = Omit<Fixed<Member, 'userid' | 'department'>, 'direct_leader'> & {
  readonly direct_leader?: readonly string[];
};

/**
 * The company of a running emulator. A field changed here is what the next call sees. The indexes rest on
 * the readonly ones: those change through `Administrator`, and so callbacks follow.
 */
export interface LiveCompany extends Omit<Company, 'departments' | 'tags' | 'members' | 'apps'> {
  readonly departments: readonly Fixed<Department, 'id' | 'parentid' | 'department_leader'>[];
  readonly tags: readonly Fixed<Tag, 'tagid' | 'userlist' | 'partylist'>[];
  readonly members: readonly LiveMember[];
  readonly apps: readonly (Omit<App, 'agentid' | 'kind' | 'visible'> & {
    readonly agentid: number;
    readonly kind: App['kind'];
    readonly visible: Readonly<VisibleRange>;
  })[];
}
