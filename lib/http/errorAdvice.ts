import type { Bilingual } from '../bilingual.ts';
import type { Details, ErrorCode } from '../errors.ts';

/*
 * What an operator does about a failed request, by the error's code. Loaded only when a request fails,
 * because the texts are longer than the code that logs them. An error with advice of its own, such as
 * that of an errcode, says more: the log line has that instead.
 */

/** By every code that a log line may have. A new ErrorCode without advice does not compile. */
export const ERROR_ADVICE: Record<ErrorCode | 'ERR_UNEXPECTED', Bilingual> = {
  ERR_ABSENT: {
    en: 'Nothing to do: an administrator asked for a member, department or application that is not there.',
    zh: '无需处理：管理员查询的成员、部门或应用不存在。',
  },
  ERR_CALLBACK_IN_PROGRESS: {
    en: 'Nothing to do: WeCom delivers the push again. If it lasts, look for crashes and timeouts of the function callback.',
    zh: '无需处理：企业微信会重新推送。持续出现时，检查函数 callback 是否崩溃或超时。',
  },
  ERR_CALLBACK_NOT_CONFIGURED: {
    en: "If WeCom's console has this callback URL, store its Token and EncodingAESKey with npm run setup. Otherwise nothing is to be done.",
    zh: '如果管理后台填写了此回调 URL，用 npm run setup 写入 Token 和 EncodingAESKey；否则无需处理。',
  },
  ERR_CALLBACK_REFUSED: {
    en: 'Nothing to do for requests of strangers. If WeCom itself is refused, see docs/operations.md#callback-keys.',
    zh: '陌生请求无需处理。如果被拒绝的是企业微信，见 docs/zh-CN/operations.md#callback-keys。',
  },
  ERR_CONFIGURATION: {
    en: 'Correct what problem and problems name. A stage parameter needs a deployment, a parameter in SSM does not.',
    zh: '修正 problem 和 problems 所列的内容。环境参数修改后需要部署，SSM 参数不需要。',
  },
  ERR_CONFLICT: {
    en: 'Nothing to do: two administrators made a change at the same time, and the second one is told.',
    zh: '无需处理：两名管理员同时修改，后一名已得到提示。',
  },
  ERR_EVENT_NOT_SENT: {
    en: 'See docs/operations.md#event-not-sent, and #events for the function publishEvents.',
    zh: '见 docs/zh-CN/operations.md#event-not-sent；函数 publishEvents 见 #events。',
  },
  ERR_FORBIDDEN: {
    en: 'Nothing to do: the caller may not ask this. See docs/permissions.md.',
    zh: '无需处理：调用方无权查询。见 docs/zh-CN/permissions.md。',
  },
  ERR_HAND_OVER: {
    en: 'AWS Lambda did not accept the work. AccessDeniedException: deploy. Otherwise wait, then run npm run permissions -- settle.',
    zh: 'AWS Lambda 未接受任务。AccessDeniedException：重新部署；否则等待，再运行 npm run permissions -- settle。',
  },
  ERR_INVALID_REQUEST: {
    en: 'Correct the program that sent the request: the response says what is wrong.',
    zh: '修正发送请求的程序：响应说明了错误所在。',
  },
  ERR_MEMBER_INACTIVE: {
    en: "Nothing to do, unless the member should be active: see the member in WeCom's console.",
    zh: '无需处理；如果该成员应为已激活状态，在管理后台查看该成员。',
  },
  ERR_METHOD_NOT_ALLOWED: {
    en: 'Correct the program that sent the request: Allow has the methods of the path.',
    zh: '修正发送请求的程序：响应头 Allow 列出该路径支持的方法。',
  },
  ERR_NOT_A_MEMBER: {
    en: 'Nothing to do: the visitor does not belong to the company.',
    zh: '无需处理：访问者不是企业成员。',
  },
  ERR_NOT_FOUND: {
    en: 'Correct the program that sent the request: there is no such path.',
    zh: '修正发送请求的程序：没有这个路径。',
  },
  ERR_OPENID_REFUSED: {
    en: "Compare the program's OpenID settings with npm run clients -- show <client>.",
    zh: '用 npm run clients -- show <client> 核对应用的 OpenID 设置。',
  },
  ERR_PARAMETER_UNAVAILABLE: {
    en: 'SSM did not return the parameter. AccessDeniedException: deploy; with a KMS key of your own, set parameterKeyArn first. ThrottlingException: raise the throughput of Parameter Store. Otherwise wait for SSM; with egress: fixed check the NAT gateway too.',
    zh: 'SSM 未返回参数。AccessDeniedException：重新部署；使用自己的 KMS 密钥时先设置 parameterKeyArn。ThrottlingException：提高 Parameter Store 的吞吐量。其他情况等待 SSM 恢复；egress: fixed 时还要检查 NAT 网关。',
  },
  ERR_SIGN_IN_UNDER_WAY: {
    en: 'Nothing to do: the front end sent the same sign-in twice.',
    zh: '无需处理：前端重复发送了同一次登录。',
  },
  ERR_SIGN_OUT_INCOMPLETE: {
    en: 'See docs/operations.md#sign-outs.',
    zh: '见 docs/zh-CN/operations.md#sign-outs。',
  },
  ERR_STATE_REFUSED: {
    en: 'Nothing to do: the visitor signs in again.',
    zh: '无需处理：访问者重新登录即可。',
  },
  ERR_STORE_UNAVAILABLE: {
    en: 'DynamoDB failed. AccessDeniedException: deploy. ResourceNotFoundException: the table was deleted, see docs/operations.md#backup. ThrottlingException or ProvisionedThroughputExceededException: see the quotas in docs/cost.md. Otherwise wait for AWS.',
    zh: 'DynamoDB 出错。AccessDeniedException：重新部署。ResourceNotFoundException：表已被删除，见 docs/zh-CN/operations.md#备份。ThrottlingException 或 ProvisionedThroughputExceededException：见 docs/cost.md 中的配额。其他情况等待 AWS 恢复。',
  },
  ERR_TOKEN_UNAVAILABLE: {
    en: 'See docs/operations.md#token-breaker.',
    zh: '见 docs/zh-CN/operations.md#token-breaker。',
  },
  ERR_UNAUTHENTICATED: {
    en: 'Nothing to do: the caller has no valid session.',
    zh: '无需处理：调用方没有有效的会话。',
  },
  ERR_UNCONFIRMED: {
    en: 'Nothing to do: the console asks the administrator to confirm.',
    zh: '无需处理：控制台会请管理员确认。',
  },
  ERR_UNEXPECTED: {
    en: 'A defect of wecom-auth, or a crash. Report problem and the frames that npm run resolve-frame prints.',
    zh: 'wecom-auth 的缺陷，或程序崩溃。请报告 problem 以及 npm run resolve-frame 输出的代码位置。',
  },
  ERR_WECOM_BAD_BODY: {
    en: "WeCom's response could not be read. Wait for WeCom. If wecomApiBaseUrl is a proxy, look at what it returns.",
    zh: '无法读取企业微信的响应。等待企业微信恢复；如果 wecomApiBaseUrl 是代理，检查它返回的内容。',
  },
  ERR_WECOM_BAD_STATUS: {
    en: 'WeCom, or a proxy before it, answered with an HTTP error. 5xx and 429: wait. 4xx: correct wecomApiBaseUrl.',
    zh: '企业微信或其前面的代理返回了 HTTP 错误。5xx 和 429：等待恢复；4xx：修正 wecomApiBaseUrl。',
  },
  ERR_WECOM_ERRCODE: {
    en: 'Look up the errcode in docs/errors.md.',
    zh: '在 docs/errors.md 中查找该错误码。',
  },
  ERR_WECOM_TRANSPORT: {
    en: 'WeCom could not be reached. With egress: fixed check the NAT gateway, its zone and its route. Otherwise wait for WeCom.',
    zh: '无法连接企业微信。egress: fixed 时检查 NAT 网关、其可用区和路由；否则等待企业微信恢复。',
  },
};

/** By decision, why `verify` refused because of WeCom. The response is a 200, so there is no error. */
const DECISION_ADVICE: Readonly<Record<string, Bilingual>> = {
  'unknown-member': {
    en: 'WeCom could not be asked about the member, so the answer is false. A line before it has the error: with the same requestId, or of another request in the minute before.',
    zh: '无法向企业微信查询该成员，所以结果为 false。前面有一行日志写明具体错误：requestId 相同，或属于前一分钟内的另一个请求。',
  },
  'member-unreadable': {
    en: "WeCom's answer about the member could not be read, so the answer is false. A line of this request or of the minute before says what is wrong with it (problem, fields). If wecomApiBaseUrl is a proxy, look at what it returns; otherwise report that line.",
    zh: '企业微信返回的该成员资料无法读取，所以结果为 false。本次请求或前一分钟内有一行日志写明问题（problem、fields）。如果 wecomApiBaseUrl 是代理，检查它返回的内容；否则请报告该行。',
  },
  'group-unreadable': {
    en: 'A department or tag that a denial names could not be read, so the answer is false. Lines with the metric GroupUnreadable have the error.',
    zh: '有一项拒绝授权所指的部门或标签无法读取，所以结果为 false。带有指标 GroupUnreadable 的日志行写明具体错误。',
  },
};

/**
 * @param code of the log line; nothing where no error was thrown
 * @param decision of `verify`; nothing where it decided nothing
 * @returns the fields `advice` and `adviceZh`
 */
export function adviceOn(code: unknown, status: number, decision: unknown): Details {
  const ofDecision = status < 400 ? DECISION_ADVICE[String(decision)] : undefined;
  const { en, zh } = ERROR_ADVICE[code as ErrorCode] ?? ofDecision ?? ERROR_ADVICE.ERR_UNEXPECTED;
  return { advice: en, adviceZh: zh };
}
