import type { Behaviour } from '../options.ts';
import type { Rule } from '../wire/rule.ts';

/** What each switch decides, as the table of the README says it. */
export const SWITCHES: { readonly [Name in keyof Behaviour]: Rule } = {
  repeatGettoken: {
    en: 'A repeated gettoken: the same token, or a new one. Both stay valid',
    zh: '重复调用 gettoken：返回相同的 token，或返回新的 token，两个都有效',
    document: 91039,
  },
  repeatExpiresIn: {
    en: '`expires_in` of a repeated gettoken',
    zh: '重复调用 gettoken 时的 `expires_in`',
  },
  tokenLifetimeSeconds: {
    en: 'Lifetime of an access_token',
    zh: 'access_token 的有效期',
    document: 91039,
  },
  tokenLength: { en: 'Characters of an access_token', zh: 'access_token 的长度', document: 91039 },
  expiredTokenErrcode: {
    en: 'Errcode of an expired token',
    zh: 'token 过期的错误码',
    document: 90313,
  },
  badSecretLimit: {
    en: 'Wrong secrets from one address until it is banned',
    zh: '同一地址使用错误 Secret 多少次后被封禁',
  },
  banDurationSeconds: { en: 'Length of the ban', zh: '封禁时长', document: 91039 },
  banCovers: { en: 'Which calls a banned address is refused', zh: '封禁期间拒绝哪些调用' },
  codeLifetimeSeconds: { en: 'Lifetime of a code', zh: 'code 的有效期', document: 91022 },
  userTicketLifetimeSeconds: {
    en: 'Lifetime of a user_ticket',
    zh: 'user_ticket 的有效期',
    document: 91023,
  },
  userTicketReuse: {
    en: 'Whether a user_ticket works more than once',
    zh: 'user_ticket 能否重复使用',
  },
  consentDays: {
    en: 'Days until the member is asked for consent again',
    zh: '多少天后再次请求成员同意',
    document: 91335,
  },
  withheldField: {
    en: 'A field without consent: left out, or an empty text',
    zh: '未授权的字段：不返回，或返回空字符串',
    document: 95833,
  },
  withheldAvatar: {
    en: 'The avatar without consent: a default picture, or left out',
    zh: '未授权的头像：返回默认头像，或不返回',
    document: 95833,
  },
  invisibleMemberErrcode: {
    en: 'user/get of a member outside the visible range',
    zh: 'user/get 查询可见范围之外的成员',
    document: 90196,
  },
  unknownDepartmentErrcode: { en: 'An unknown department', zh: '部门不存在', document: 90208 },
  invisibleDepartmentErrcode: {
    en: 'A department outside the visible range',
    zh: '部门在可见范围之外',
    document: 90208,
  },
  memberDepartments: {
    en: 'The departments in user/get: visible ones, or all',
    zh: 'user/get 返回的部门：仅可见的，或全部',
    document: 90196,
  },
  contactsSyncNewAddress: {
    en: 'Whether the contacts-sync secret gets 48009',
    zh: '通讯录同步 Secret 是否返回 48009',
    document: 90196,
  },
  departmentZero: {
    en: '`id=0` of department/list: like no id, or unknown',
    zh: 'department/list 的 `id=0`：等同于不传，或视为不存在',
    document: 90208,
  },
  fetchChild: {
    en: '`fetch_child=1` of user/list and user/simplelist',
    zh: 'user/list 和 user/simplelist 的 `fetch_child=1`',
    document: 90200,
  },
  postToGetErrcode: {
    en: 'POST to an endpoint of GET; 0: answered as GET',
    zh: '对 GET 接口使用 POST；0 表示按 GET 处理',
    document: 90313,
  },
  newMemberDepartment: {
    en: 'An unknown department of a new member: created, or refused',
    zh: '新成员的部门不存在：自动创建，或拒绝',
    document: 90195,
  },
  foreignTagErrcode: {
    en: 'A change of a tag that belongs to another app',
    zh: '修改其他应用的标签',
    document: 90313,
  },
  contactWritesEcho: {
    en: 'Whether the contacts-sync receiver is told of changes by its own secret',
    zh: '通讯录同步 Secret 发起的变更，是否推送给通讯录同步自己的回调',
    document: 96302,
  },
  extendedFileName: {
    en: 'An upload whose file name is in `filename*=` alone: 44001, or read',
    zh: '上传时文件名只写在 `filename*=` 中：返回 44001，或正常读取',
  },
  userinfoScope: {
    en: 'The scope `snsapi_userinfo`: like `snsapi_base`, or refused',
    zh: '`snsapi_userinfo`：等同于 `snsapi_base`，或拒绝',
    document: 91022,
  },
  privateinfoWithoutAgentid: {
    en: '`snsapi_privateinfo` without agentid',
    zh: '`snsapi_privateinfo` 未带 agentid',
    document: 91022,
  },
  oauthRefusal: {
    en: 'Refusal on the consent page: back with the state, or no return',
    zh: '成员拒绝授权：带 state 返回，或停留在页面',
    document: 91022,
  },
  webLoginRefusal: {
    en: 'Refusal on the web login page',
    zh: '成员在扫码登录页取消',
    document: 98152,
  },
  requireClient: {
    en: 'Refuse browsers other than WeCom and WeChat',
    zh: '拒绝企业微信和微信之外的浏览器',
  },
  contactsForm: { en: 'Form of contact events', zh: '通讯录事件的格式', document: 96303 },
  callbackTimeoutMs: {
    en: 'Time that a receiver has for a push',
    zh: '接收方响应推送的时限',
    document: 90238,
  },
  callbackRetries: { en: 'Retries of a push', zh: '推送的重试次数', document: 90238 },
  callbackRetryDelayMs: { en: 'Time between attempts', zh: '重试间隔' },
  callbackRetryEnvelope: {
    en: 'Timestamp, nonce and ciphertext of a retry',
    zh: '重试时的 timestamp、nonce 和密文',
  },
  callbackCopies: { en: 'How often each event is pushed', zh: '每个事件推送的次数' },
  callbackDrop: { en: 'Lose every push', zh: '丢弃所有推送' },
  callbackDamage: {
    en: 'What is wrong with every push',
    zh: '每次推送中的错误：签名、企业 ID 或填充字节',
  },
  callbackPadding: {
    en: 'Bytes of padding, 1 to 32; 0: what comes out',
    zh: '填充字节数，1 到 32；0 表示不指定',
    document: 90968,
  },
  callbackCreateTime: {
    en: 'CreateTime of every push; 0: the clock',
    zh: '所有推送的 CreateTime；0 表示使用时钟',
  },
  callbackDelayMs: { en: 'Time between an event and its push', zh: '事件与推送之间的时间' },
  callDurationMs: { en: 'Time that every call takes', zh: '每次调用的耗时' },
  clockOffsetMs: {
    en: "How far WeCom's clock is ahead; negative: behind",
    zh: '企业微信的时钟快多少；负数表示慢',
  },
  verificationTimeoutMs: {
    en: 'Time that a receiver has for URL verification',
    zh: '接收方响应 URL 验证的时限',
    document: 90238,
  },
};
