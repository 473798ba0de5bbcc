import type { Bilingual } from '../../lib/bilingual.ts';
import type { LogLine } from '../doctor/functionLog.ts';
import { decisionReason, errorReason, type Reason } from './reasons.ts';

/** What one request came to, in a sentence. */
export interface Story {
  readonly what: Bilingual;
  readonly remedy?: Bilingual;
}

/**
 * @param line one that a request ended with. Its pseudonym is not used
 * @param explain the command that shows the grants behind a decision
 */
export function storyOf(line: LogLine, explain: (permission: string) => string): Story {
  const { permission } = line;
  const reason =
    line['error'] === undefined
      ? line['decision'] === undefined
        ? undefined
        : decisionReason(line, explain(String(permission)))
      : errorReason(line);
  return sentence(subjectOf(line), line, reason);
}

/** What a request was for: the subject of its sentence. In Chinese a verb can follow it. */
export function subjectOf(line: LogLine): Bilingual {
  const { permission } = line;
  switch (line['function']) {
    case 'getUserInfo':
      return { en: 'Sign-in', zh: '登录' };
    case 'authorize':
      return { en: 'The beginning of a sign-in', zh: '发起登录' };
    case 'verify':
      return permission === undefined
        ? { en: 'verify', zh: 'verify ' }
        : { en: `verify (permission ${permission})`, zh: `verify（权限 ${permission}）` };
    case 'openid':
      return pageOf(line);
    case 'openidToken':
      return { en: `Tokens for ${clientOf(line).en}`, zh: `为${clientOf(line).zh}发放令牌` };
    case 'callback': {
      const event = EVENTS[String(line['event'])] ?? { en: 'a change', zh: '有变化' };
      return { en: `WeCom's message “${event.en}”`, zh: `企业微信的通知“${event.zh}”` };
    }
    default: {
      const route = String(line['route'] ?? line['function']);
      return { en: route, zh: `${route} ` };
    }
  }
}

function sentence(what: Bilingual, line: LogLine, reason: Reason | undefined): Story {
  const end = endOf(line);
  const { why, remedy } = reason ?? {};
  return {
    what: {
      en: `${what.en} ${end.en}${why ? `: ${why.en}` : ''}.`,
      zh: `${what.zh}${end.zh}${why ? `：${why.zh}` : ''}。`,
    },
    ...(remedy && { remedy }),
  };
}

function endOf({ outcome, authorized, function: name, route }: LogLine): Bilingual {
  if (outcome === 'failed') return { en: 'failed', zh: '失败' };
  if (outcome === 'refused' || authorized === false) return { en: 'refused', zh: '被拒绝' };
  if (authorized === true) return { en: 'allowed', zh: '获准' };
  if (name === 'callback') return { en: 'was processed', zh: '已处理' };
  if (name === 'openid' && route === 'GET /oauth2/wecom') {
    return { en: 'goes on: WeCom confirmed who it is', zh: '继续：企业微信已确认身份' };
  }
  return { en: 'succeeded', zh: '成功' };
}

function pageOf(line: LogLine): Bilingual {
  const client = clientOf(line);
  const page = String(line['route'] ?? line['function']).replace(/^\w+ /, '');
  if (/^\/oauth2\/(authorize|wecom|refused)/.test(page)) {
    return { en: `Sign-in to ${client.en}`, zh: `登录${client.zh}` };
  }
  return { en: page, zh: `${page} ` };
}

function clientOf({ client }: LogLine): Bilingual {
  if (client === undefined) return { en: 'an application', zh: '应用' };
  return { en: String(client), zh: ` ${client} ` };
}

const EVENTS: Readonly<Record<string, Bilingual>> = {
  subscribe: { en: 'the member may use the app', zh: '该成员进入应用的可见范围' },
  unsubscribe: {
    en: "the member is outside of the app's visible range",
    zh: '该成员离开应用的可见范围',
  },
  create_user: { en: 'the member was created', zh: '该成员已创建' },
  update_user: { en: 'the member was changed', zh: '该成员的资料已更新' },
  delete_user: { en: 'the member was deleted', zh: '该成员已删除' },
};
