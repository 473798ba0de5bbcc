import type { Errcode } from './errcodes.ts';
import type { Rule } from './rule.ts';

/** The global table of errcodes. */
const TABLE = 90313;

/**
 * By errcode, for refusals that have no sentence of their own. One without a document is a rule of the
 * endpoint's own document.
 */
const RULES: { readonly [Code in Errcode]: Rule } = {
  [-1]: {
    en: 'WeCom is busy: try again, at most three times',
    zh: '系统繁忙：稍后重试，最多 3 次',
    document: TABLE,
  },
  0: { en: 'Nothing was wrong', zh: '没有问题', document: TABLE },
  40001: {
    en: 'The secret must be that of an enabled app of this company',
    zh: 'corpsecret 必须是本企业某个已启用应用的 Secret',
    document: TABLE,
  },
  40003: {
    en: 'A userid has 1 to 64 letters, digits and _ - @ . and begins with a letter or a digit',
    zh: 'userid 为 1 到 64 个字母、数字或 _ - @ .，首字符必须是字母或数字',
    document: 90195,
  },
  40013: {
    en: 'The corpid must be that of this company',
    zh: 'corpid 必须是本企业的企业 ID',
    document: TABLE,
  },
  40014: {
    en: 'The access_token is unknown, or WeCom revoked it: call gettoken again',
    zh: 'access_token 不存在或已被提前作废：请重新调用 gettoken',
    document: TABLE,
  },
  40029: {
    en: 'A code works once and for a few minutes only: start the authorization again',
    zh: 'code 只能使用一次，且几分钟后过期：请重新发起授权',
    document: 91023,
  },
  40056: {
    en: 'The agentid must be the number of an app',
    zh: 'agentid 必须是已有应用的编号',
    document: TABLE,
  },
  40058: {
    en: 'A parameter is missing or out of its limits, or the method is not POST',
    zh: '缺少参数、参数超出限制，或没有使用 POST',
    document: TABLE,
  },
  40063: { en: 'A parameter is empty', zh: '参数为空', document: TABLE },
  40068: {
    en: 'The tagid must be that of a tag',
    zh: 'tagid 必须是已有标签的编号',
    document: TABLE,
  },
  40091: {
    en: 'The secret is invalid for this company',
    zh: 'Secret 不属于本企业',
    document: TABLE,
  },
  41001: {
    en: 'The access_token must be in the query: a header or the body does not count',
    zh: 'access_token 必须放在 URL 参数中，放在请求头或请求体中无效',
    document: TABLE,
  },
  41002: { en: 'The parameter corpid is missing', zh: '缺少参数 corpid', document: TABLE },
  41004: { en: 'The parameter corpsecret is missing', zh: '缺少参数 corpsecret', document: TABLE },
  41008: { en: 'The parameter code is missing', zh: '缺少参数 code', document: TABLE },
  41009: { en: 'The parameter userid is missing', zh: '缺少参数 userid', document: TABLE },
  41011: { en: 'The parameter agentid is missing', zh: '缺少参数 agentid', document: TABLE },
  41017: { en: 'The parameter tagid is missing', zh: '缺少参数 tagid', document: TABLE },
  41035: {
    en: 'The parameter external_userid is missing',
    zh: '缺少参数 external_userid',
  },
  42001: {
    en: 'The access_token has expired: call gettoken again',
    zh: 'access_token 已过期：请重新调用 gettoken',
    document: TABLE,
  },
  42003: {
    en: 'The code has expired: start the authorization again',
    zh: 'code 已过期：请重新发起授权',
    document: TABLE,
  },
  42022: {
    en: 'The code was used before: start the authorization again',
    zh: 'code 已被使用：请重新发起授权',
    document: TABLE,
  },
  43001: { en: 'The endpoint takes GET', zh: '该接口只接受 GET 请求' },
  45009: {
    en: 'Too many calls in this minute, hour or day: wait',
    zh: '调用次数超过每分钟、每小时或每天的上限：请等待',
    document: 90454,
  },
  45033: {
    en: 'Too many calls at the same time: lower the concurrency',
    zh: '并发调用过多：请降低并发数',
    document: TABLE,
  },
  48001: { en: 'The app may not call this endpoint', zh: '应用没有该接口的权限', document: TABLE },
  48002: { en: 'The app may not call this endpoint', zh: '应用没有该接口的权限', document: TABLE },
  48009: {
    en: 'From an address that is new since 2022-08-15, the contacts-sync secret reads ids only: use the secret of an app (switch contactsSyncNewAddress)',
    zh: '2022-08-15 之后新增的 IP 使用通讯录同步 Secret 只能读取 ID：请改用应用的 Secret（开关 contactsSyncNewAddress）',
    document: 90196,
  },
  50001: {
    en: 'The host of redirect_uri must be a trusted domain of the app whose token redeems the code',
    zh: 'redirect_uri 的域名必须是兑换 code 的应用的可信域名',
    document: 91335,
  },
  50002: {
    en: 'The member must be in the visible range of the app',
    zh: '成员必须在应用的可见范围内',
    document: TABLE,
  },
  50003: { en: 'The app is disabled', zh: '应用已停用', document: TABLE },
  60003: { en: 'There is no such department', zh: '部门不存在', document: TABLE },
  60011: {
    en: 'The member, department or tag must be in the visible range of the app',
    zh: '成员、部门或标签必须在应用的可见范围内',
    document: TABLE,
  },
  60020: {
    en: 'The address of the caller must be a trusted IP of the app',
    zh: '调用方的 IP 必须是应用的企业可信 IP',
    document: TABLE,
  },
  60021: {
    en: 'The member must be in the visible range of the app',
    zh: '成员必须在应用的可见范围内',
    document: TABLE,
  },
  60111: {
    en: 'There is no member with this userid: they left, or never joined',
    zh: '没有该 userid 的成员：已被删除，或从未加入',
    document: TABLE,
  },
  60123: {
    en: 'The id must be the number of a department',
    zh: '部门 ID 必须是已有部门的编号',
    document: TABLE,
  },
  81011: { en: 'The app may not change this tag', zh: '应用没有修改该标签的权限', document: TABLE },
  84014: {
    en: 'A user_ticket works for half an hour: start the authorization again',
    zh: 'user_ticket 半小时后过期：请重新发起授权',
    document: TABLE,
  },
  84015: {
    en: "The user_ticket is unknown, was used up, or is another app's",
    zh: 'user_ticket 不存在、已被使用，或属于其他应用',
    document: TABLE,
  },
  84090: {
    en: 'The parameter user_ticket is missing',
    zh: '缺少参数 user_ticket',
    document: TABLE,
  },
  91040: {
    en: 'The type of a ticket must be agent_config',
    zh: 'type 必须为 agent_config',
    document: TABLE,
  },
  92001: {
    en: 'The app has no right to read personal information',
    zh: '应用没有读取敏感信息的权限',
    document: TABLE,
  },
  301002: {
    en: 'The agentid must be that of the app whose token is used',
    zh: 'agentid 必须是 access_token 所属应用的编号',
    document: TABLE,
  },
};

/** @returns the rule that WeCom means by this errcode; nothing for one that the emulator does not know */
export function ruleOf(errcode: number): Rule | undefined {
  return (RULES as Readonly<Record<number, Rule>>)[errcode];
}
