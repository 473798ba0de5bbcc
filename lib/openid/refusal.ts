import type { Bilingual } from '../bilingual.ts';
import { type Details, WecomAuthError } from '../errors.ts';

/** What an operator does about an error of OAuth or OpenID Connect. */
interface RefusalEntry {
  /** `program`: the settings of the program, or of the client here, have to change. */
  readonly fault: 'program' | 'visitor' | 'wecom';
  /** Absent: the same request fails again. */
  readonly retryAfterSeconds?: number;
  readonly meaning: Bilingual;
  readonly remedy: Bilingual;
}

/** The errors that the provider's library answers with, by the name in the protocol. */
export const REFUSALS: Readonly<Record<string, RefusalEntry>> = {
  access_denied: {
    fault: 'visitor',
    meaning: {
      en: 'The member cancelled, or may not use the application',
      zh: '成员取消了登录，或没有使用应用的权限',
    },
    remedy: {
      en: "If the member should have access, grant the client's permission: npm run permissions -- explain <userid> <permission>.",
      zh: '如需允许，授予该客户端要求的权限：npm run permissions -- explain <userid> <permission>。',
    },
  },
  insufficient_scope: {
    fault: 'program',
    meaning: { en: 'The access token lacks a scope', zh: '访问令牌缺少所需的 scope' },
    remedy: {
      en: 'Let the program request openid and the scope that it needs.',
      zh: '让应用申请 openid 和所需的 scope。',
    },
  },
  interaction_required: {
    fault: 'visitor',
    meaning: {
      en: 'prompt=none, but the person has to do something',
      zh: '请求带有 prompt=none，但需要本人操作',
    },
    remedy: {
      en: 'Nothing to do: the program asks again without prompt=none.',
      zh: '无需处理：应用会不带 prompt=none 再次请求。',
    },
  },
  invalid_client: {
    fault: 'program',
    meaning: {
      en: 'The client is unknown, or its secret or method is wrong',
      zh: '客户端不存在，或其密钥、认证方式不正确',
    },
    remedy: {
      en: "Compare the client id with npm run clients -- list. If it is right, run npm run clients -- rotate-secret <client> and enter the new secret in the program; a client that was added with --public must send none. A program's secret is never shown again.",
      zh: '用 npm run clients -- list 核对 client_id。若无误，运行 npm run clients -- rotate-secret <client>，把新密钥填入应用；用 --public 添加的客户端不能发送密钥。密钥只显示一次。',
    },
  },
  invalid_grant: {
    fault: 'visitor',
    meaning: {
      en: 'The code or refresh token is not valid any more, or not for this request',
      zh: '授权码或刷新令牌已失效，或不属于这次请求',
    },
    remedy: {
      en: 'problem says which check failed. A code works once, for 60 s, with the redirect_uri and code_verifier of its request. A refresh token ends after 30 days, when the member leaves, is signed out or loses the permission, and, for a public client, when it is used twice. If it lasts, look whether the program redeems twice or late.',
      zh: 'problem 说明哪项检查未通过。授权码 60 秒内有效，只能使用一次，且 redirect_uri 和 code_verifier 必须与申请时一致。刷新令牌在 30 天后、成员离职、退出或失去权限后失效；公开客户端重复使用时也会失效。持续出现时，检查应用是否重复或延迟兑换。',
    },
  },
  invalid_redirect_uri: {
    fault: 'program',
    meaning: {
      en: "The redirect address is not one of the client's",
      zh: '回调地址不是该客户端登记的地址',
    },
    remedy: {
      en: 'Compare the address that the program sends, character for character, with npm run clients -- show <client>, and register it as it is sent.',
      zh: '用 npm run clients -- show <client> 逐字核对应用发送的地址，并按应用发送的写法登记。',
    },
  },
  invalid_request: {
    fault: 'program',
    meaning: {
      en: 'The request cannot be right, or its page is out of date',
      zh: '请求有误，或页面已过期',
    },
    remedy: {
      en: "problem says what is wrong. If a person opened an old page, nothing is to be done; otherwise correct the program's OpenID settings (docs/relying-parties).",
      zh: 'problem 说明错误所在。若是打开了旧页面，无需处理；否则修正应用的 OpenID 设置（docs/relying-parties）。',
    },
  },
  invalid_scope: {
    fault: 'program',
    meaning: { en: 'A scope is not offered', zh: '申请了不支持的 scope' },
    remedy: {
      en: 'Offered are openid, profile, email, phone, groups and offline_access.',
      zh: '支持 openid、profile、email、phone、groups 和 offline_access。',
    },
  },
  invalid_target: {
    fault: 'program',
    meaning: {
      en: "The resource is not the client's audience",
      zh: 'resource 不是该客户端的 audience',
    },
    remedy: {
      en: 'Add a client with --audience for that API, or let the program send no resource.',
      zh: '为该 API 添加带 --audience 的客户端，或让应用不发送 resource。',
    },
  },
  invalid_token: {
    fault: 'visitor',
    meaning: {
      en: 'The access token is unknown, expired or ended',
      zh: '访问令牌不存在、已过期或已失效',
    },
    remedy: {
      en: 'An access token lasts ten minutes, and ends with the membership and with a sign-out. The program refreshes it, or signs the person in again. An access token with an audience is for its API, not for userinfo.',
      zh: '访问令牌有效期为十分钟，成员离职或退出后即失效。应用应刷新令牌，或让成员重新登录。带 audience 的访问令牌只用于对应的 API，不能用于 userinfo。',
    },
  },
  login_required: {
    fault: 'visitor',
    meaning: {
      en: 'prompt=none, but nobody is signed in',
      zh: '请求带有 prompt=none，但没有已登录的成员',
    },
    remedy: {
      en: 'Nothing to do: the program asks again without prompt=none.',
      zh: '无需处理：应用会不带 prompt=none 再次请求。',
    },
  },
  registration_not_supported: {
    fault: 'program',
    meaning: { en: 'The parameter registration is not offered', zh: '不支持 registration 参数' },
    remedy: { en: 'Switch it off in the program.', zh: '在应用中关闭它。' },
  },
  request_not_supported: {
    fault: 'program',
    meaning: { en: 'Request objects are not offered', zh: '不支持请求对象（request）' },
    remedy: { en: 'Switch them off in the program.', zh: '在应用中关闭它。' },
  },
  request_uri_not_supported: {
    fault: 'program',
    meaning: {
      en: 'Request objects by address are not offered',
      zh: '不支持通过地址传递的请求对象（request_uri）',
    },
    remedy: { en: 'Switch them off in the program.', zh: '在应用中关闭它。' },
  },
  temporarily_unavailable: {
    fault: 'wecom',
    retryAfterSeconds: 5,
    meaning: {
      en: 'It cannot be known for now whether the member may use the application',
      zh: '暂时无法确认成员能否使用应用',
    },
    remedy: {
      en: 'Nothing is stored about the member that is younger than 24 hours, and WeCom cannot be asked; or the grants of the member are being suspended or moved, which takes about a second. problem says which. The program repeats the request. If it lasts, run npm run doctor, which finds both causes.',
      zh: '没有 24 小时以内的成员信息可用，且无法向企业微信查询；或者该成员的授权正在暂停或转移（约一秒）。problem 说明是哪一种。应用会重试；持续出现时运行 npm run doctor，它能找出这两种原因。',
    },
  },
  unauthorized_client: {
    fault: 'program',
    meaning: { en: 'The client may not do this', zh: '该客户端不能这样请求' },
    remedy: {
      en: 'Compare the settings of the program with npm run clients -- show <client>.',
      zh: '用 npm run clients -- show <client> 核对应用的设置。',
    },
  },
  unsupported_grant_type: {
    fault: 'program',
    meaning: { en: 'The grant type is not offered', zh: '不支持该 grant_type' },
    remedy: {
      en: 'Set the program to the authorization code flow. Refresh tokens need a client with --refresh.',
      zh: '把应用设为授权码流程（authorization code）。刷新令牌需要带 --refresh 的客户端。',
    },
  },
  unsupported_response_mode: {
    fault: 'program',
    meaning: { en: 'The response mode is not offered', zh: '不支持该 response_mode' },
    remedy: {
      en: 'Set the program to query, fragment or form_post.',
      zh: '把应用设为 query、fragment 或 form_post。',
    },
  },
  unsupported_response_type: {
    fault: 'program',
    meaning: { en: 'The response type is not offered', zh: '不支持该 response_type' },
    remedy: {
      en: 'Set the program to the authorization code flow (response_type=code).',
      zh: '把应用设为授权码流程（response_type=code）。',
    },
  },
  unsupported_token_type: {
    fault: 'program',
    meaning: {
      en: 'An access token of an API cannot be revoked',
      zh: '用于 API 的访问令牌不能撤销',
    },
    remedy: {
      en: 'It ends by itself within ten minutes. Let the program revoke the refresh token.',
      zh: '它在十分钟内自行失效。让应用撤销刷新令牌。',
    },
  },
};

/** An error of the provider's library. */
export interface LibraryError {
  readonly error?: unknown;
  readonly error_description?: unknown;
  readonly error_detail?: unknown;
  readonly cause?: unknown;
}

/**
 * The provider's library refuses a program's or a browser's request. Its answer is the protocol's; this
 * is for `x-error-code` and the log.
 */
export class OpenidRefused extends WecomAuthError {
  override readonly name = 'OpenidRefused';
  readonly code = 'ERR_OPENID_REFUSED';
  /** The error in the protocol, such as `invalid_grant`. */
  readonly refusal: string;
  readonly fault: RefusalEntry['fault'];
  readonly retryAfterSeconds: number | undefined;

  /** @param client what is known of the program; `client` is the id of a registered one */
  constructor(thrown: LibraryError, client: { client?: string; unknownClient?: string }) {
    const refusal = typeof thrown.error === 'string' ? thrown.error : 'invalid_request';
    const entry = REFUSALS[refusal];
    // So that the command can be copied.
    const named = (text: string) => text.replaceAll('<client>', client.client ?? '<client>');
    const details: Details = {
      refusal,
      ...client,
      ...(entry && { advice: named(entry.remedy.en), adviceZh: named(entry.remedy.zh) }),
    };
    super(problemOf(thrown), details);
    this.refusal = refusal;
    // A request without a registered client is of no program.
    const { fault = 'visitor', retryAfterSeconds } = entry ?? {};
    this.retryAfterSeconds = retryAfterSeconds;
    this.fault = fault === 'program' && client.client === undefined ? 'visitor' : fault;
  }
}

/** The detail says more than the description, which is for the program. */
function problemOf({ error, error_description, error_detail, cause }: LibraryError): string {
  // Where parsing failed, the detail is the parser's message, which quotes what was sent.
  const isOfTheLibrary = cause === undefined || error === 'invalid_grant';
  const told = isOfTheLibrary && error_detail ? error_detail : error_description;
  return typeof told === 'string' ? told : String(error);
}

/** What is wrong with WeCom's return, or with an address of the provider's own in between. */
export type StateProblem =
  | 'absent'
  | 'unknown'
  | 'expired'
  | 'other-browser'
  | 'no-cookies'
  | 'used';

/** The browser does not prove that it began this sign-in, or the sign-in is over. */
export class WecomStateRefused extends WecomAuthError {
  override readonly name = 'WecomStateRefused';
  readonly code = 'ERR_STATE_REFUSED';
  readonly refusal: StateProblem;

  constructor(refusal: StateProblem) {
    super('The sign-in is refused', {
      refusal,
      advice: STATE_ADVICE[refusal].en,
      adviceZh: STATE_ADVICE[refusal].zh,
    });
    this.refusal = refusal;
  }
}

const STATE_ADVICE: Record<StateProblem, Bilingual> = {
  absent: {
    en: 'Somebody opened the address by hand, or WeCom came back without a state.',
    zh: '有人手动打开了此地址，或者企业微信返回时没有 state。',
  },
  unknown: {
    en: 'No such state: invented, or expired long ago.',
    zh: '没有这个 state：是伪造的，或早已过期。',
  },
  expired: {
    en: 'The member took longer than ten minutes, or came back to an old page.',
    zh: '成员用时超过十分钟，或者回到了旧页面。',
  },
  'other-browser': {
    en: 'WeCom returned in another browser than the one that began. If it lasts, look whether the application opens an embedded browser.',
    zh: '企业微信返回到了另一个浏览器，不是开始登录的那个。如果一再出现，检查应用是否打开了内嵌浏览器。',
  },
  'no-cookies': {
    en: 'The browser blocks cookies, or WeCom returned in another browser than the one that began, which was never here.',
    zh: '浏览器禁用了 Cookie，或者企业微信返回到了另一个从未来过这里的浏览器。',
  },
  used: {
    en: 'The return was opened before: with another code, or more than a minute ago.',
    zh: '此返回地址已打开过：code 不同，或者已过去一分钟以上。',
  },
};
