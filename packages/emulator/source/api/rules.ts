import type { App } from '../directory/types.ts';
import type { Rule } from '../wire/rule.ts';

/*
 * Rules whose sentence names what was compared. Whatever stands in one is no secret: names of apps, hosts,
 * addresses and userids.
 */

/** Longer values are cut: a caller may send anything. */
const SHOWN = 100;

/** A value in a sentence. */
export function shown(value: string): string {
  return value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
}

function listed(values: readonly string[]): string {
  return values.length === 0 ? '-' : shown(values.join(', '));
}

export const BANNED: Rule = {
  en: 'This address sent too many wrong secrets and is banned for an hour (switches badSecretLimit, banDurationSeconds)',
  zh: '该 IP 多次使用错误的 Secret，被封禁一小时（开关 badSecretLimit、banDurationSeconds）',
  document: 91039,
};

export const DISABLED_SECRET: Rule = {
  en: 'The secret is that of a disabled app',
  zh: '该 Secret 所属的应用已停用',
  document: 90313,
};

export function wrongCorpid(corpid: string): Rule {
  return {
    en: `The corpid of this company is ${corpid}`,
    zh: `本企业的企业 ID 是 ${corpid}`,
    document: 90313,
  };
}

export function untrustedAddress({ name, trusted_ips = [] }: App, ip: string): Rule {
  return {
    en: `${ip} is not a trusted IP of the app ${name}: ${listed(trusted_ips)}`,
    zh: `${ip} 不是应用“${name}”的企业可信 IP：${listed(trusted_ips)}`,
    document: 90313,
  };
}

export function disabledApp({ name }: App): Rule {
  return {
    en: `The app ${name} is disabled`,
    zh: `应用“${name}”已停用`,
    document: 90313,
  };
}

export function wrongKind(only: App['kind']): Rule {
  return only === 'app'
    ? {
        en: 'The endpoint takes the token of an app, not that of the contacts-sync secret',
        zh: '该接口需要应用的 access_token，不能使用通讯录同步的 access_token',
        document: 90313,
      }
    : {
        en: 'The endpoint takes the token of the contacts-sync secret, not that of an app',
        zh: '该接口需要通讯录同步的 access_token，不能使用应用的 access_token',
        document: 90313,
      };
}

export const NEEDS_ROOT: Rule = {
  en: 'The visible range of the app must be the root department',
  zh: '应用的可见范围必须是根部门',
  document: 90313,
};

export const NEEDS_POST: Rule = {
  en: 'The endpoint takes POST',
  zh: '该接口只接受 POST 请求',
  document: 90313,
};

export const MALFORMED: Rule = {
  en: 'The body is not a JSON object, so that every parameter in it is missing',
  zh: '请求体不是 JSON 对象，其中的参数都视为缺少',
  document: 90313,
};

export const UNKNOWN_PATH: Rule = {
  en: 'WeCom has nothing at this path',
  zh: '企业微信没有这个路径',
};

export const UNKNOWN_METHOD: Rule = {
  en: 'WeCom takes GET and POST only; its answer to other methods is not known',
  zh: '企业微信只接受 GET 和 POST；对其他方法的响应未知',
};

/** The errcode is not WeCom's. */
export function missingEndpoint(endpoint: string): Rule {
  return {
    en: `WeCom has ${endpoint}, and the emulator does not`,
    zh: `企业微信有 ${endpoint}，模拟器尚不支持`,
  };
}

export const USED_CODE: Rule = {
  en: 'The code was used before: a code works once',
  zh: 'code 已被使用：只能使用一次',
  document: 91023,
};

export function expiredCode(seconds: number): Rule {
  return {
    en: `The code is older than ${seconds} s`,
    zh: `code 已超过 ${seconds} 秒`,
    document: 91023,
  };
}

export const UNKNOWN_CODE: Rule = {
  en: "No authorize page gave this code: it is another system's, cut, or made up",
  zh: '授权页没有签发过这个 code：它来自其他系统、被截断，或是虚构的',
  document: 91023,
};

export const GONE_WITH_CODE: Rule = {
  en: 'The member left between the authorize page and this call',
  zh: '成员在授权之后、本次调用之前已离开企业',
};

export const CODE_BY_CONTACTS_SYNC: Rule = {
  en: 'The contacts-sync secret cannot redeem codes: use the secret of the app',
  zh: '通讯录同步的 Secret 不能兑换 code：请使用应用的 Secret',
  document: 90313,
};

export const CODE_OF_ANOTHER_KIND: Rule = {
  en: 'The code is that of a mini-program or of second verification: they have endpoints of their own',
  zh: '该 code 属于小程序或二次验证，应使用对应的接口',
};

export function codeOfAnotherApp(codeOf: number, tokenOf: number): Rule {
  return {
    en: `The code was given for the app ${codeOf}, and the token is that of ${tokenOf}`,
    zh: `code 属于应用 ${codeOf}，而 access_token 属于应用 ${tokenOf}`,
    document: 90313,
  };
}

/** @param domains those that would do */
export function untrustedHost(host: string, name: string, domains: readonly string[]): Rule {
  return {
    en: `The host of redirect_uri, ${shown(host)}, is not a trusted domain of ${name}: ${listed(domains)}. Host and port must match exactly`,
    zh: `redirect_uri 的域名 ${shown(host)} 不是${name}的可信域名：${listed(domains)}。主机名和端口须完全一致`,
    document: 91335,
  };
}

export function nobody(userid: string): Rule {
  return {
    en: `There is no member ${shown(userid)}: they left, or never joined`,
    zh: `企业中没有成员 ${shown(userid)}：已被删除，或从未加入`,
    document: 90313,
  };
}

export function invisible(userid: string, { name }: App): Rule {
  return {
    en: `${userid} is not in the visible range of the app ${name}: neither by department, nor by name, nor by tag`,
    zh: `${userid} 不在应用“${name}”的可见范围内：部门、成员和标签都不包含`,
    document: 90313,
  };
}

export function invisibleDepartment(id: number, { name }: App): Rule {
  return {
    en: `The department ${id} is not in the visible range of the app ${name}`,
    zh: `部门 ${id} 不在应用“${name}”的可见范围内`,
    document: 90313,
  };
}

export function noDepartment(id: number): Rule {
  return {
    en: `There is no department ${id}`,
    zh: `没有部门 ${id}`,
    document: 90313,
  };
}

export function anotherAgent(asked: number, tokenOf: number): Rule {
  return {
    en: `The token is that of the app ${tokenOf}, and the agentid is ${asked}`,
    zh: `access_token 属于应用 ${tokenOf}，而 agentid 是 ${asked}`,
    document: 90313,
  };
}

export function expiredTicket(seconds: number): Rule {
  return {
    en: `The user_ticket is older than ${seconds} s`,
    zh: `user_ticket 已超过 ${seconds} 秒`,
    document: 90313,
  };
}
