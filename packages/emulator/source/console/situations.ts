import { randomToken } from '../credentials/randomToken.ts';
import { existing } from '../directory/impossible.ts';
import type { App, Member } from '../directory/types.ts';
import type { Behaviour } from '../options.ts';
import type { Words } from '../pages/language.ts';
import type { Wecom } from '../wecom.ts';
import { FAULT_KINDS, type FaultRequest } from '../wire/faults.ts';

/** Takes a situation back. */
export interface Undo {
  userid: string;
  agentid: number;
  run(): void;
}

/** Something because of which sign-ins fail, to be made by one click. */
export interface Situation {
  name: Words;
  /** What the person and the program see. */
  effect: Words;
  /** Makes it so. @returns how to take it back; nothing where the next call does so by itself */
  make(wecom: Wecom, userid: string, agentid: number): (() => void) | undefined;
}

/** By the value of the form. */
export const SITUATIONS: Readonly<Record<string, Situation>> = {
  disabled: ofStatus(2, '成员被禁用', 'The member is disabled'),
  inactive: ofStatus(4, '成员未激活', 'The member is not activated'),
  quit: ofStatus(5, '成员退出企业', 'The member quit'),
  gone: {
    name: { zh: '成员被删除', en: 'The member is deleted' },
    effect: { zh: 'user/get 返回 60111', en: 'user/get answers 60111' },
    make({ administrator }, userid) {
      administrator.leave(userid);
      return () => administrator.rejoin(userid);
    },
  },
  range: ofApp(
    '成员不在应用的可见范围',
    'The member is outside the visible range',
    '授权页和扫码页拒绝；user/get 返回 60011',
    'The pages refuse; user/get answers 60011',
    { visible: { users: [], parties: [], tags: [] } },
  ),
  app: ofApp(
    '应用被停用',
    'The app is disabled',
    '授权页拒绝；接口返回 50003，gettoken 返回 40001',
    'The pages refuse; endpoints answer 50003, and gettoken 40001',
    { enabled: false },
  ),
  domain: ofApp(
    '可信域名不一致',
    'The trusted domain differs',
    '授权页提示 redirect_uri 需使用应用可信域名；兑换 code 返回 50001',
    'The pages refuse redirect_uri; a code that was given before gets 50001',
    { trusted_domains: [], web_login_domains: [] },
  ),
  address: ofApp(
    'IP 不在企业可信 IP 中',
    'The address is not a trusted IP',
    '除 gettoken 外的接口返回 60020',
    'Every endpoint but gettoken answers 60020',
    { trusted_ips: [] },
  ),
  secret: {
    name: { zh: 'Secret 已重置', en: 'The secret was reset' },
    effect: {
      zh: '下一次 gettoken 返回 40001，多次后 IP 被封禁',
      en: 'The next gettoken answers 40001; after many of them the address is banned',
    },
    make(wecom, _userid, agentid) {
      const undo = changed(wecom, agentid, { secret: randomToken(43) });
      wecom.tokens.revoke(agentid);
      return undo;
    },
  },
  token: {
    name: { zh: 'access_token 被提前作废', en: 'The access_token is revoked early' },
    effect: {
      zh: '下一次调用返回 40014，重新 gettoken 后恢复',
      en: 'The next call answers 40014; a new gettoken mends it',
    },
    make({ tokens }, _userid, agentid) {
      tokens.revoke(agentid);
      return undefined;
    },
  },
  code: ofSwitch('codeLifetimeSeconds', 0, 'code 已过期', 'The code has expired', {
    zh: 'auth/getuserinfo 返回 40029',
    en: 'auth/getuserinfo answers 40029',
  }),
  ticket: ofSwitch(
    'userTicketLifetimeSeconds',
    0,
    'user_ticket 已过期',
    'The user_ticket has expired',
    { zh: 'auth/getuserdetail 返回 84014', en: 'auth/getuserdetail answers 84014' },
  ),
  client: ofSwitch('requireClient', true, '不在企业微信中打开', 'Opened outside WeCom', {
    zh: '授权页提示请在企业微信客户端打开链接',
    en: 'The OAuth page wants the WeCom client',
  }),
  ban: ofFault('IP 被封禁', 'The address is banned', { kind: 'ip-ban' }),
  limit: ofFault('调用频率超限（45009）', 'Too many calls (45009)', {
    kind: 'errcode',
    errcode: 45009,
    on: 'auth/getuserinfo',
  }),
  concurrency: ofFault('并发超限（45033）', 'Too many calls at once (45033)', {
    kind: 'errcode',
    errcode: 45033,
    on: 'auth/getuserinfo',
  }),
  busy: ofFault('系统繁忙（-1）', 'WeCom is busy (-1)', { kind: 'errcode', errcode: -1 }),
  other: ofFault('返回其他成员的数据', 'The answers are about another member', {
    kind: 'other-member',
    userid: 'nobody',
  }),
  slow: ofFault('响应很慢', 'Slow answers', { kind: 'slow' }),
  hang: ofFault('没有响应', 'No answers', { kind: 'hang' }),
  down: ofFault('网关错误（502）', 'Bad gateway (502)', { kind: 'html' }),
  cut: ofFault('连接中断', 'Connections break', { kind: 'reset' }),
};

function ofStatus(status: Member['status'], zh: string, en: string): Situation {
  return {
    name: { zh, en },
    effect: {
      zh: `授权页和扫码页拒绝；user/get 返回 status ${status}`,
      en: `The pages refuse; user/get answers with the status ${status}`,
    },
    make({ administrator, company }, userid) {
      const before = company.members.find((each) => each.userid === userid)?.status ?? 1;
      administrator.update(userid, { status });
      return () => administrator.update(userid, { status: before });
    },
  };
}

function ofApp(
  zh: string,
  en: string,
  effectZh: string,
  effectEn: string,
  fields: Partial<App>,
): Situation {
  return {
    name: { zh, en },
    effect: { zh: effectZh, en: effectEn },
    make: (wecom, _userid, agentid) => changed(wecom, agentid, structuredClone(fields)),
  };
}

/** Changes fields of an app. @returns what puts them back */
function changed({ administrator, company }: Wecom, agentid: number, fields: Partial<App>) {
  const found = company.apps.find((each) => each.agentid === agentid);
  const app = existing(found, 'app', agentid);
  const names = Object.keys(fields) as (keyof typeof app)[];
  const before = Object.fromEntries(names.map((name) => [name, app[name]])) as Partial<App>;
  administrator.updateApp(agentid, fields);
  return () => administrator.updateApp(agentid, before);
}

function ofSwitch<Name extends keyof Behaviour>(
  name: Name,
  value: Behaviour[Name],
  zh: string,
  en: string,
  effect: Words,
): Situation {
  return {
    name: { zh, en },
    effect,
    make({ behaviour }) {
      const before = behaviour[name];
      behaviour[name] = value;
      return () => {
        behaviour[name] = before;
      };
    },
  };
}

function ofFault(zh: string, en: string, fault: FaultRequest): Situation {
  const { kind, errcode, on } = fault;
  const effect =
    errcode === undefined
      ? FAULT_KINDS[kind]
      : {
          zh: `${on ?? '所有接口'}返回 ${errcode}`,
          en: `${on ?? 'Every endpoint'} answers ${errcode}`,
        };
  return {
    name: { zh, en },
    effect,
    make({ faults }) {
      const { id } = faults.add(fault);
      return () => faults.clear(id);
    },
  };
}
