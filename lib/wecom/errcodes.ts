import type { Bilingual } from '../bilingual.ts';

/**
 * WeCom's errcodes as data: what each means, whose fault it is, what we do about it and what a
 * person must do. Responses, the advice in the log and docs/errors.md are made from it.
 *
 * Meanings follow WeCom's global table (document 90313) and each endpoint's own page.
 */
export interface Errcode {
  readonly errcode: number;
  readonly meaning: Bilingual;
  /** Who can fix it. */
  readonly fault: Fault;
  readonly reaction: Reaction;
  readonly remedy: Bilingual;
  /**
   * What does not exist, or is not shown to the app, if `user/get` (`member`), `department/get` or
   * `tag/get` (`group`) answers so. Which errcode WeCom uses when is only partly documented (documents
   * 90196, 90213, 90313, 95407).
   */
  readonly notShown?: readonly ('member' | 'group')[];
}

export type Fault = 'visitor' | 'administrator' | 'operator' | 'wecom' | 'wecom-auth';

/**
 * - `refuse`: this sign-in ends; the visitor gets the errcode (401).
 * - `renew-token`: get another access_token and retry once; then as `refuse`.
 * - `retry-later`: WeCom is busy or limits us (503 with Retry-After).
 * - `misconfigured`: the settings of the app or the stage have to change (500, and the log says how).
 */
export type Reaction = 'refuse' | 'renew-token' | 'retry-later' | 'misconfigured';

const CONSOLE = 'https://work.weixin.qq.com/wework_admin/frame#apps';

const catalogue: readonly Errcode[] = [
  {
    errcode: -1,
    meaning: { zh: '系统繁忙', en: 'WeCom is busy' },
    fault: 'wecom',
    reaction: 'retry-later',
    remedy: {
      zh: '已重试三次，请稍后再试；持续出现时查看企业微信服务状态。',
      en: 'Already retried three times. Try again later. If it lasts, check the status of WeCom.',
    },
  },
  {
    errcode: 40001,
    meaning: {
      zh: 'Secret 无效，或应用已停用',
      en: 'The secret is invalid, or the app is stopped',
    },
    fault: 'operator',
    reaction: 'renew-token',
    remedy: {
      zh: '在管理后台的应用详情页重新查看 Secret，写入 SSM 参数 app-secret；无需重新部署。',
      en: "Copy the Secret again from the app's page in the console and put it into the SSM parameter app-secret; no redeploy is needed.",
    },
  },
  {
    errcode: 40003,
    notShown: ['member'],
    meaning: { zh: 'UserID 无效', en: 'The UserID is invalid' },
    fault: 'visitor',
    reaction: 'refuse',
    remedy: {
      zh: '确认成员账号仍在通讯录中，格式符合 UserID 规则。',
      en: "Check that the member is in the address book and that the UserID follows WeCom's rule.",
    },
  },
  {
    errcode: 40013,
    meaning: { zh: 'CorpID 无效', en: 'The CorpID is invalid' },
    fault: 'operator',
    reaction: 'misconfigured',
    remedy: {
      zh: '核对“我的企业 → 企业信息 → 企业ID”，修改 corpId 参数并重新部署。',
      en: 'Compare with 我的企业 → 企业信息 → 企业ID, correct the stage parameter corpId and deploy again.',
    },
  },
  {
    errcode: 40014,
    meaning: { zh: 'access_token 无效', en: 'The access_token is invalid' },
    fault: 'wecom',
    reaction: 'renew-token',
    remedy: {
      zh: '已自动换取新的 access_token 并重试一次；持续出现说明令牌属于其他应用或被反复作废。',
      en: 'A new access_token was already tried once. If it lasts, the token belongs to another app or is revoked repeatedly.',
    },
  },
  {
    errcode: 40029,
    meaning: { zh: '授权码无效、过期或已使用', en: 'The code is unknown, expired or already used' },
    fault: 'visitor',
    reaction: 'refuse',
    remedy: {
      zh: '重新发起授权；授权码五分钟内有效且只能使用一次。',
      en: 'Start the authorization again: a code lives five minutes and works once.',
    },
  },
  {
    errcode: 40056,
    meaning: { zh: 'agentid 无效', en: 'The agentid is invalid' },
    fault: 'operator',
    reaction: 'misconfigured',
    remedy: {
      zh: `在应用详情页核对 AgentId，修改 agentId 参数：${CONSOLE}`,
      en: `Compare the AgentId on the app's page and correct the stage parameter agentId: ${CONSOLE}`,
    },
  },
  {
    errcode: 40068,
    notShown: ['group'],
    meaning: { zh: '标签 ID 无效', en: 'The tag id is invalid' },
    fault: 'administrator',
    reaction: 'refuse',
    remedy: {
      zh: '授权中的标签已不存在；用 npm run permissions -- list 查看并撤销该授权。',
      en: 'A grant names a tag that no longer exists. Find it with npm run permissions -- list and revoke it.',
    },
  },
  {
    errcode: 40091,
    meaning: {
      zh: 'Secret 不合法，可能属于其他企业',
      en: 'The secret is not valid, and may belong to another corp',
    },
    fault: 'operator',
    reaction: 'misconfigured',
    remedy: {
      zh: '确认 Secret 与 CorpID 属于同一企业，写入 SSM 参数 app-secret。',
      en: 'Check that the secret and the CorpID belong to the same corp, and put the secret into the SSM parameter app-secret.',
    },
  },
  {
    errcode: 40163,
    meaning: { zh: '授权码已使用', en: 'The code was already used' },
    fault: 'visitor',
    reaction: 'refuse',
    remedy: { zh: '重新发起授权。', en: 'Start the authorization again.' },
  },
  {
    errcode: 41001,
    meaning: { zh: '缺少 access_token', en: 'The access_token is missing' },
    fault: 'wecom-auth',
    reaction: 'misconfigured',
    remedy: {
      zh: '检查 wecomApiBaseUrl 指向的代理是否去掉了查询参数。',
      en: 'Check whether the proxy at wecomApiBaseUrl drops the query string.',
    },
  },
  {
    errcode: 41002,
    meaning: { zh: '缺少 corpid', en: 'The corpid is missing' },
    fault: 'operator',
    reaction: 'misconfigured',
    remedy: { zh: '填写 corpId 参数。', en: 'Set the stage parameter corpId.' },
  },
  {
    errcode: 41004,
    meaning: { zh: '缺少 corpsecret', en: 'The corpsecret is missing' },
    fault: 'operator',
    reaction: 'misconfigured',
    remedy: {
      zh: '把应用的 Secret 写入 SSM 参数 app-secret。',
      en: "Put the app's secret into the SSM parameter app-secret.",
    },
  },
  {
    errcode: 42001,
    meaning: { zh: 'access_token 已过期', en: 'The access_token has expired' },
    fault: 'wecom',
    reaction: 'renew-token',
    remedy: {
      zh: '已自动换取新的 access_token 并重试一次；持续出现时检查系统时间。',
      en: 'A new access_token was already tried once. If it lasts, check the system clock.',
    },
  },
  {
    errcode: 42003,
    meaning: { zh: '授权码已过期', en: 'The code has expired' },
    fault: 'visitor',
    reaction: 'refuse',
    remedy: { zh: '重新发起授权。', en: 'Start the authorization again.' },
  },
  {
    errcode: 42022,
    meaning: { zh: '授权码已使用', en: 'The code was already used' },
    fault: 'visitor',
    reaction: 'refuse',
    remedy: { zh: '重新发起授权。', en: 'Start the authorization again.' },
  },
  {
    errcode: 45009,
    meaning: {
      zh: '接口调用超过限制，或来源 IP 被封禁',
      en: 'Too many calls, or the caller IP is banned',
    },
    fault: 'operator',
    reaction: 'retry-later',
    remedy: {
      zh: '分钟级限制 60 秒后解除，小时级 60 分钟后解除；Secret 多次错误会封禁来源 IP 一小时。可自助解封：https://open.work.weixin.qq.com/wwopen/devtool/checkCorpSpamBlock',
      en: 'A limit by the minute ends after 60 s, one by the hour after 60 min. Repeated wrong secrets ban the IP for an hour. To lift a ban: https://open.work.weixin.qq.com/wwopen/devtool/checkCorpSpamBlock',
    },
  },
  {
    errcode: 45033,
    meaning: { zh: '并发调用超过限制', en: 'Too many calls at once' },
    fault: 'operator',
    reaction: 'retry-later',
    remedy: {
      zh: '降低并发：为函数设置 reservedConcurrency。',
      en: 'Lower the concurrency: set reservedConcurrency for the functions.',
    },
  },
  {
    errcode: 48001,
    meaning: { zh: '接口未授权', en: 'The API is not authorized' },
    fault: 'administrator',
    reaction: 'misconfigured',
    remedy: {
      zh: `在应用详情页开通该接口的权限：${CONSOLE}`,
      en: `Grant the app this API on its page: ${CONSOLE}`,
    },
  },
  {
    errcode: 48002,
    meaning: { zh: '应用无权调用该接口', en: 'The app may not call this API' },
    fault: 'administrator',
    reaction: 'misconfigured',
    remedy: {
      zh: `确认 Secret 属于自建应用（不是通讯录同步），并在应用详情页开通权限：${CONSOLE}`,
      en: `Use the secret of a self-built app, not that of 通讯录同步, and grant the app this API on its page: ${CONSOLE}`,
    },
  },
  {
    errcode: 48005,
    meaning: { zh: '接口已废弃', en: 'The API is retired' },
    fault: 'wecom-auth',
    reaction: 'misconfigured',
    remedy: { zh: '升级 wecom-auth。', en: 'Upgrade wecom-auth.' },
  },
  {
    errcode: 48006,
    meaning: {
      zh: '应用长期未使用，接口权限被收回',
      en: 'The API was withdrawn because the app was idle',
    },
    fault: 'administrator',
    reaction: 'misconfigured',
    remedy: {
      zh: `在应用详情页重新启用：${CONSOLE}`,
      en: `Enable it again on the app's page: ${CONSOLE}`,
    },
  },
  {
    errcode: 48009,
    meaning: {
      zh: '通讯录同步助手不能读取成员详情',
      en: '通讯录同步 may not read details of members',
    },
    fault: 'operator',
    reaction: 'misconfigured',
    remedy: {
      zh: '改用自建应用的 Secret，而不是“通讯录同步”的 Secret。',
      en: 'Use the secret of the self-built app, not that of 通讯录同步.',
    },
  },
  {
    errcode: 50001,
    meaning: {
      zh: 'redirect_uri 的域名不是该应用的可信域名，或授权码属于其他应用',
      en: "The redirect_uri's host is not a trusted domain of this app, or the code belongs to another app",
    },
    fault: 'administrator',
    reaction: 'misconfigured',
    remedy: {
      zh: `在“网页授权及JS-SDK → 可信域名”填写前端的域名（含端口、不含协议），并确认授权链接用的是同一应用的 AgentId：${CONSOLE}`,
      en: `Enter the front end's host (with its port, without scheme) under 网页授权及JS-SDK → 可信域名, and check that the authorize link has the AgentId of the same app: ${CONSOLE}`,
    },
  },
  {
    errcode: 50002,
    notShown: ['member'],
    meaning: { zh: '成员不在权限范围内', en: "The member is not in the app's visible range" },
    fault: 'administrator',
    reaction: 'refuse',
    remedy: {
      zh: `把成员加入应用的可见范围：${CONSOLE}`,
      en: `Add the member to the app's visible range: ${CONSOLE}`,
    },
  },
  {
    errcode: 50003,
    meaning: { zh: '应用已停用', en: 'The app is disabled' },
    fault: 'administrator',
    reaction: 'misconfigured',
    remedy: {
      zh: `在应用详情页启用应用：${CONSOLE}`,
      en: `Enable the app on its page: ${CONSOLE}`,
    },
  },
  {
    errcode: 60003,
    notShown: ['group'],
    meaning: { zh: '部门不存在', en: 'The department does not exist' },
    fault: 'administrator',
    reaction: 'refuse',
    remedy: {
      zh: '部门可能刚被删除；登录时以部门编号代替名称。',
      en: 'It may just have been deleted. A sign-in shows the id in place of the name.',
    },
  },
  {
    errcode: 60011,
    notShown: ['member', 'group'],
    meaning: { zh: '无权访问该成员、部门或标签', en: 'No right to this member, department or tag' },
    fault: 'administrator',
    reaction: 'refuse',
    remedy: {
      zh: `把成员或部门加入应用的可见范围：${CONSOLE}`,
      en: `Add the member, department or tag to the app's visible range: ${CONSOLE}`,
    },
  },
  {
    errcode: 60020,
    meaning: { zh: '来源 IP 不在企业可信 IP 中', en: 'The caller IP is not among the trusted IPs' },
    fault: 'operator',
    reaction: 'misconfigured',
    remedy: {
      zh: `把日志中的 fromIp 填入应用详情页“企业可信IP”，约一分钟后生效；出口 IP 会变化时请以 egress: fixed 部署：${CONSOLE}`,
      en: `Enter fromIp of this log line under 企业可信IP on the app's page; it takes effect after about a minute. If the IP changes, deploy with egress: fixed: ${CONSOLE}`,
    },
  },
  {
    errcode: 60021,
    notShown: ['member'],
    meaning: { zh: '成员不在可见范围内', en: 'The member is outside the visible range' },
    fault: 'administrator',
    reaction: 'refuse',
    remedy: {
      zh: `把成员加入应用的可见范围：${CONSOLE}`,
      en: `Add the member to the app's visible range: ${CONSOLE}`,
    },
  },
  {
    errcode: 60030,
    notShown: ['member'],
    meaning: { zh: '成员超出可见范围', en: 'The member is outside the visible range' },
    fault: 'administrator',
    reaction: 'refuse',
    remedy: {
      zh: `把成员加入应用的可见范围：${CONSOLE}`,
      en: `Add the member to the app's visible range: ${CONSOLE}`,
    },
  },
  {
    errcode: 60031,
    meaning: { zh: '应用被限制调用接口', en: 'The app is barred from calling APIs' },
    fault: 'administrator',
    reaction: 'misconfigured',
    remedy: {
      zh: `在管理后台查看应用的限制原因：${CONSOLE}`,
      en: `Check in the console why the app is barred: ${CONSOLE}`,
    },
  },
  {
    errcode: 60111,
    notShown: ['member'],
    meaning: { zh: '成员不存在', en: 'The member does not exist' },
    fault: 'visitor',
    reaction: 'refuse',
    remedy: {
      zh: '成员已离职、被删除或不在可见范围内。',
      en: 'The member left, was deleted, or is outside the visible range.',
    },
  },
  {
    errcode: 60120,
    notShown: ['member'],
    meaning: { zh: '成员已禁用', en: 'The member is disabled' },
    fault: 'administrator',
    reaction: 'refuse',
    remedy: { zh: '在通讯录中启用该成员。', en: 'Enable the member in the address book.' },
  },
  {
    errcode: 60123,
    notShown: ['group'],
    meaning: { zh: '部门编号无效', en: 'The department id is invalid' },
    fault: 'administrator',
    reaction: 'refuse',
    remedy: {
      zh: '部门可能刚被删除；登录时以部门编号代替名称。',
      en: 'It may just have been deleted. A sign-in shows the id in place of the name.',
    },
  },
  {
    errcode: 81011,
    notShown: ['group'],
    meaning: { zh: '应用无权查看该标签', en: 'The app may not see the tag' },
    fault: 'administrator',
    reaction: 'refuse',
    remedy: {
      zh: '在管理后台把该标签加入应用的可见范围，或撤销引用它的授权。',
      en: "Add the tag to the app's visible range in the console, or revoke the grants that name it.",
    },
  },
  {
    errcode: 84014,
    meaning: { zh: 'user_ticket 已过期', en: 'The user_ticket has expired' },
    fault: 'visitor',
    reaction: 'refuse',
    remedy: { zh: '重新发起授权。', en: 'Start the authorization again.' },
  },
  {
    errcode: 84015,
    meaning: { zh: 'user_ticket 无效', en: 'The user_ticket is invalid' },
    fault: 'visitor',
    reaction: 'refuse',
    remedy: { zh: '重新发起授权。', en: 'Start the authorization again.' },
  },
  {
    errcode: 92001,
    meaning: { zh: '应用没有敏感信息权限', en: 'The app has no right to sensitive fields' },
    fault: 'administrator',
    reaction: 'refuse',
    remedy: {
      zh: `在应用详情页勾选需要的成员敏感信息字段：${CONSOLE}`,
      en: `Tick the sensitive fields that are needed on the app's page: ${CONSOLE}`,
    },
  },
  {
    errcode: 301002,
    meaning: { zh: '无权操作指定的应用', en: 'No right to use the given app' },
    fault: 'operator',
    reaction: 'misconfigured',
    remedy: {
      zh: 'agentId 与 Secret 不属于同一应用，核对两者。',
      en: 'The agentId and the secret belong to different apps. Compare both.',
    },
  },
  {
    errcode: 301007,
    meaning: { zh: '企业不可用', en: 'The corp is not available' },
    fault: 'administrator',
    reaction: 'misconfigured',
    remedy: {
      zh: '企业已解散或被封禁，联系企业微信。',
      en: 'The corp was dissolved or banned. Contact WeCom.',
    },
  },
];

const byErrcode = new Map(catalogue.map((entry) => [entry.errcode, entry]));

/** Every errcode that this project knows, in rising order. */
export function errcodes(): readonly Errcode[] {
  return catalogue;
}

/** @returns the catalogue's entry; for an unknown errcode one that refuses, and says so */
export function errcodeEntry(errcode: number): Errcode {
  return (
    byErrcode.get(errcode) ?? {
      errcode,
      meaning: { zh: '目录中没有的错误码', en: 'Not in this catalogue' },
      fault: 'wecom',
      reaction: 'refuse',
      remedy: {
        zh: `查询官方说明：https://open.work.weixin.qq.com/devtool/query?e=${errcode}`,
        en: `See WeCom's description: https://open.work.weixin.qq.com/devtool/query?e=${errcode}`,
      },
    }
  );
}
