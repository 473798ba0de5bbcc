import type { Bilingual } from '../../lib/bilingual.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import { REFUSALS } from '../../lib/openid/refusal.ts';
import type { Decision } from '../../lib/permissions/evaluate.ts';
import { errcodeEntry } from '../../lib/wecom/errcodes.ts';
import type { LogLine } from '../doctor/functionLog.ts';

/** Why a request ended as it did, and what to do. Of the line only codes and numbers are used. */
export interface Reason {
  readonly why: Bilingual;
  /** Absent if there is nothing to do. */
  readonly remedy?: Bilingual;
}

/** @param line one that a request ended with, with an `error` */
export function errorReason(line: LogLine): Reason {
  const { error, refusal, api } = line;
  const errcode = Number(line['errcode']);
  if (error === 'ERR_WECOM_ERRCODE') {
    const { meaning, remedy } = errcodeEntry(errcode);
    return {
      why: {
        en: `WeCom refused ${api} with errcode ${errcode}: ${meaning.en}`,
        zh: `企业微信拒绝了 ${api}，错误码 ${errcode}：${meaning.zh}`,
      },
      remedy,
    };
  }
  if (error === 'ERR_TOKEN_UNAVAILABLE' && errcode > 0) {
    const { meaning, remedy } = errcodeEntry(errcode);
    return {
      why: {
        en: `there was no access_token, because WeCom refused gettoken with errcode ${errcode}: ${meaning.en}`,
        zh: `没有 access_token：企业微信拒绝了 gettoken，错误码 ${errcode}：${meaning.zh}`,
      },
      remedy,
    };
  }
  if (error === 'ERR_STATE_REFUSED') return STATES[String(refusal)] ?? ERRORS.ERR_STATE_REFUSED;
  if (error === 'ERR_MEMBER_INACTIVE') return memberStatus(line['memberStatus']);
  if (error === 'ERR_OPENID_REFUSED') {
    const entry = REFUSALS[String(refusal)];
    return entry ? { why: entry.meaning, remedy: entry.remedy } : ERRORS.ERR_OPENID_REFUSED;
  }
  return ERRORS[error as OtherError] ?? DEFECT;
}

const SIGN_IN_AGAIN: Bilingual = {
  en: 'Sign in again from the start.',
  zh: '从头重新登录。',
};
const RUN_DOCTOR: Bilingual = {
  en: 'Run npm run doctor, and see “Sign-in does not work” in docs/operations.md.',
  zh: '运行 npm run doctor，并参见 docs/zh-CN/operations.md 的“无法登录”。',
};
const WAIT_FOR_WECOM: Bilingual = {
  en: 'Sign in again in a moment. If it lasts, run npm run doctor.',
  zh: '稍后重新登录。如果持续出现，运行 npm run doctor。',
};
export const WAIT_FOR_AWS: Bilingual = {
  en: 'Sign in again in a moment. If it lasts, see “server-errors” in docs/operations.md.',
  zh: '稍后重新登录。如果持续出现，参见 docs/zh-CN/operations.md 的“server-errors”。',
};
const CORRECT_FRONT_END: Bilingual = {
  en: 'Correct the front end: see docs/front-end.',
  zh: '修正前端：参见 docs/zh-CN/front-end.md。',
};

/** Of the states of getUserInfo and of the OpenID provider. */
const STATES: Readonly<Record<string, Reason>> = {
  absent: {
    why: {
      en: 'the page sent no state or no code_verifier',
      zh: '页面没有发送 state 或 code_verifier',
    },
    remedy: CORRECT_FRONT_END,
  },
  malformed: {
    why: {
      en: 'the state or the code_verifier was not issued by this service',
      zh: 'state 或 code_verifier 不是本服务签发的',
    },
    remedy: CORRECT_FRONT_END,
  },
  unknown: {
    why: {
      en: 'the state is unknown: it expired long ago, or was invented',
      zh: 'state 不存在：早已过期，或是伪造的',
    },
    remedy: SIGN_IN_AGAIN,
  },
  expired: {
    why: {
      en: 'the sign-in took longer than ten minutes',
      zh: '登录用时超过十分钟',
    },
    remedy: SIGN_IN_AGAIN,
  },
  'other-app': {
    why: {
      en: 'the state was issued for another corp or agent',
      zh: 'state 是为另一个企业或应用签发的',
    },
    remedy: {
      en: 'Compare corpId and agentId of the stages.',
      zh: '核对各环境的 corpId 和 agentId。',
    },
  },
  'other-verifier': {
    why: {
      en: 'another browser or tab began the sign-in',
      zh: '登录是在另一个浏览器或标签页中开始的',
    },
    remedy: { en: 'Sign in again, in one tab.', zh: '在同一个标签页中重新登录。' },
  },
  'other-browser': {
    why: {
      en: 'another browser began the sign-in',
      zh: '登录是在另一个浏览器中开始的',
    },
    remedy: { en: 'Sign in again, in one browser.', zh: '在同一个浏览器中重新登录。' },
  },
  'no-cookies': {
    why: { en: 'the browser sent no cookies', zh: '浏览器没有发送 Cookie' },
    remedy: {
      en: 'Allow cookies for this site, and sign in again in one browser.',
      zh: '允许本网站使用 Cookie，并在同一个浏览器中重新登录。',
    },
  },
  used: {
    why: {
      en: 'the state was used before: a page was opened or sent twice',
      zh: 'state 已使用过：页面被打开或提交了两次',
    },
    remedy: SIGN_IN_AGAIN,
  },
};

/** @param status WeCom's (document 90196) */
function memberStatus(status: unknown): Reason {
  switch (status) {
    case 2:
      return {
        why: { en: 'the member is disabled in WeCom', zh: '该成员在企业微信中已被禁用' },
        remedy: {
          en: "Enable the member in WeCom's console, under 通讯录.",
          zh: '在管理后台的“通讯录”中启用该成员。',
        },
      };
    case 4:
      return {
        why: {
          en: 'the member has not activated WeCom',
          zh: '该成员尚未激活企业微信',
        },
        remedy: {
          en: 'The member has to join the company in the WeCom app.',
          zh: '该成员需要在企业微信客户端中加入企业。',
        },
      };
    case 5:
      return {
        why: { en: 'the member left the company', zh: '该成员已退出企业' },
        remedy: {
          en: 'Invite the person again if they belong to the company.',
          zh: '如果此人仍属于企业，请重新邀请。',
        },
      };
    default:
      return ERRORS.ERR_MEMBER_INACTIVE;
  }
}

const DEFECT: Reason = {
  why: { en: 'a defect in wecom-auth', zh: 'wecom-auth 有缺陷' },
  remedy: {
    en: 'Report the log line of the request, with its frames (npm run resolve-frame).',
    zh: '报告该请求的日志行及其 frames（npm run resolve-frame）。',
  },
};

const DYNAMODB_DOWN: Bilingual = { en: 'DynamoDB did not answer', zh: 'DynamoDB 没有应答' };

/** Every error of ours but WeCom's errcodes. The compiler finds a missing one. */
type OtherError = Exclude<ErrorCode, 'ERR_WECOM_ERRCODE'>;
const ERRORS: Readonly<Record<OtherError, Reason>> = {
  ERR_ABSENT: {
    why: {
      en: 'an administrator asked for something that is not there, or that WeCom does not show',
      zh: '管理员查询的对象不存在，或企业微信没有展示',
    },
  },
  ERR_CALLBACK_IN_PROGRESS: {
    why: { en: 'the callback took too long; WeCom repeats it', zh: '回调处理超时，企业微信会重发' },
  },
  ERR_CALLBACK_NOT_CONFIGURED: {
    why: { en: 'the callback is not set up', zh: '回调尚未配置' },
    remedy: RUN_DOCTOR,
  },
  ERR_CALLBACK_REFUSED: {
    why: { en: 'the callback is not from WeCom', zh: '回调不是企业微信发出的' },
    remedy: RUN_DOCTOR,
  },
  ERR_CONFIGURATION: {
    why: { en: 'a setting of the stage is wrong', zh: '环境的设置有误' },
    remedy: RUN_DOCTOR,
  },
  ERR_CONFLICT: {
    why: {
      en: 'another administrator was faster',
      zh: '另一名管理员先作了修改',
    },
  },
  ERR_EVENT_NOT_SENT: {
    why: { en: 'SQS did not accept an event', zh: 'SQS 没有接受事件' },
    remedy: WAIT_FOR_AWS,
  },
  ERR_FORBIDDEN: {
    why: { en: 'the caller may not do this', zh: '调用方无权这样做' },
    remedy: {
      en: 'verify about others needs the permission verify:any. An application needs the permission of its client. The console needs admin:permissions or admin:clients.',
      zh: '查询他人需要 verify:any 权限；使用应用需要其客户端要求的权限；使用控制台需要 admin:permissions 或 admin:clients。',
    },
  },
  ERR_HAND_OVER: {
    why: { en: 'Lambda did not accept work', zh: 'Lambda 没有接受工作' },
    remedy: WAIT_FOR_AWS,
  },
  ERR_INVALID_REQUEST: {
    why: { en: 'the request is not valid', zh: '请求无效' },
    remedy: CORRECT_FRONT_END,
  },
  ERR_MEMBER_INACTIVE: {
    why: {
      en: 'the member is not active in WeCom',
      zh: '该成员在企业微信中不是已激活状态',
    },
    remedy: {
      en: "Look at the member in WeCom's console, under 通讯录.",
      zh: '在管理后台的“通讯录”中查看该成员。',
    },
  },
  ERR_METHOD_NOT_ALLOWED: {
    why: { en: 'the path takes another method', zh: '该路径不支持此方法' },
    remedy: CORRECT_FRONT_END,
  },
  ERR_NOT_A_MEMBER: {
    why: { en: 'the visitor is not a member of the company', zh: '访问者不是企业成员' },
    remedy: {
      en: 'Sign in with the WeCom account of a member.',
      zh: '使用企业成员的企业微信账号登录。',
    },
  },
  ERR_NOT_FOUND: {
    why: { en: 'there is no such path', zh: '没有该路径' },
    remedy: CORRECT_FRONT_END,
  },
  ERR_OPENID_REFUSED: {
    why: {
      en: 'the OpenID provider refused the request of the program',
      zh: 'OpenID 提供方拒绝了应用的请求',
    },
    remedy: {
      en: "Correct the program's OpenID settings: see docs/relying-parties.",
      zh: '修正应用的 OpenID 设置：参见 docs/zh-CN/relying-parties。',
    },
  },
  ERR_PARAMETER_UNAVAILABLE: {
    why: { en: 'SSM did not give a parameter', zh: 'SSM 没有给出参数' },
    remedy: RUN_DOCTOR,
  },
  ERR_SIGN_IN_UNDER_WAY: {
    why: {
      en: 'an equal request was being answered at the same time',
      zh: '相同的请求正在处理',
    },
    remedy: SIGN_IN_AGAIN,
  },
  ERR_SIGN_OUT_INCOMPLETE: {
    why: { en: 'a sign-out is not complete', zh: '退出尚未完成' },
    remedy: RUN_DOCTOR,
  },
  ERR_STATE_REFUSED: {
    why: {
      en: 'the state does not prove that this browser began the sign-in',
      zh: 'state 不能证明登录由此浏览器开始',
    },
    remedy: SIGN_IN_AGAIN,
  },
  ERR_STORE_UNAVAILABLE: { why: DYNAMODB_DOWN, remedy: WAIT_FOR_AWS },
  ERR_TOKEN_UNAVAILABLE: {
    why: { en: 'there was no access_token of WeCom', zh: '没有企业微信的 access_token' },
    remedy: RUN_DOCTOR,
  },
  ERR_UNAUTHENTICATED: {
    why: {
      en: 'the caller had no session, or one that has ended',
      zh: '调用方没有会话，或会话已过期',
    },
    remedy: SIGN_IN_AGAIN,
  },
  ERR_UNCONFIRMED: {
    why: {
      en: 'the administrator had yet to confirm the change',
      zh: '管理员尚未确认这项修改',
    },
  },
  ERR_WECOM_BAD_BODY: {
    why: { en: "WeCom's answer could not be read", zh: '企业微信的响应无法读取' },
    remedy: WAIT_FOR_WECOM,
  },
  ERR_WECOM_BAD_STATUS: {
    why: { en: 'WeCom answered with an HTTP error', zh: '企业微信返回了 HTTP 错误' },
    remedy: WAIT_FOR_WECOM,
  },
  ERR_WECOM_TRANSPORT: {
    why: { en: 'WeCom could not be reached', zh: '无法连接企业微信' },
    remedy: WAIT_FOR_WECOM,
  },
};

const GRANTEES: Readonly<Record<string, Bilingual>> = {
  member: { en: 'the member', zh: '成员本人' },
  department: { en: 'a department', zh: '部门' },
  tag: { en: 'a tag', zh: '标签' },
  everyone: { en: 'everyone', zh: '所有人' },
};

/**
 * @param line one with a `decision`
 * @param explain the command that shows the grants
 */
export function decisionReason(line: LogLine, explain: string): Reason {
  const grantee = GRANTEES[String(line['decidedBy'])];
  const remedy = {
    en: `${explain} shows the grants.`,
    zh: `${explain} 显示各项授权。`,
  };
  switch (line['decision'] as Decision['reason']) {
    case 'allowed':
      return { why: { en: `a grant of ${grantee?.en} allows it`, zh: `${grantee?.zh}的授权允许` } };
    case 'denied':
      return {
        why: { en: `a grant of ${grantee?.en} denies it`, zh: `${grantee?.zh}的授权拒绝` },
        remedy,
      };
    case 'no-grant':
      return { why: { en: 'no grant applies', zh: '没有适用的授权' }, remedy };
    case 'grants-pending':
      return {
        why: {
          en: "the member's own grants were being suspended or moved",
          zh: '该成员自己的授权正在暂停或转移',
        },
        remedy: {
          en: 'If it lasts, run npm run permissions -- settle.',
          zh: '如果持续出现，运行 npm run permissions -- settle。',
        },
      };
    case 'group-unreadable':
      return {
        why: {
          en: 'WeCom does not show whether the member belongs to a group that is denied',
          zh: '有部门或标签被拒绝，而企业微信没有展示该成员是否属于它',
        },
        remedy,
      };
    case 'member-gone':
      return {
        why: {
          en: "the member left, is disabled or not activated, or is outside of the app's visible range",
          zh: '该成员已离职、被禁用、未激活，或不在应用的可见范围内',
        },
        remedy: {
          en: "Look at the member and the app's visible range (可见范围) in WeCom's console.",
          zh: '在管理后台查看该成员，以及应用的可见范围。',
        },
      };
    case 'member-unreadable':
      return {
        why: {
          en: "WeCom's answer about the member could not be read",
          zh: '企业微信返回的该成员资料无法读取',
        },
        remedy: WAIT_FOR_WECOM,
      };
    case 'unknown-member':
      return {
        why: {
          en: 'WeCom could not be asked about the member, and nothing usable was stored',
          zh: '无法向企业微信查询该成员，也没有可用的资料',
        },
        remedy: WAIT_FOR_WECOM,
      };
  }
}
