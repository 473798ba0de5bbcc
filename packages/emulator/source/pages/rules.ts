import { shown } from '../api/rules.ts';
import type { PageOrigin } from '../credentials/codes.ts';
import type { App } from '../directory/types.ts';
import type { Rule } from '../wire/rule.ts';

/*
 * Why a page stopped, for the call log. Nothing in these sentences is secret: of a redirect_uri, only the
 * host is named.
 */

/** The document of each page. */
const PAGE_DOCUMENTS: Readonly<Record<PageOrigin, number>> = {
  oauth2: 91022,
  wwlogin: 98152,
  qrConnect: 91019,
};

export const NEEDS_CLIENT: Rule = {
  en: 'The browser is neither WeCom nor WeChat (switch requireClient)',
  zh: '浏览器既不是企业微信也不是微信（开关 requireClient）',
};

export function wrongParameter(origin: PageOrigin, name: string, right: string): Rule {
  return {
    en: `The parameter ${name} must be ${right}`,
    zh: `参数 ${name} 必须为 ${right}`,
    document: PAGE_DOCUMENTS[origin],
  };
}

export function missingParameter(origin: PageOrigin, name: string): Rule {
  return {
    en: `The parameter ${name} is missing`,
    zh: `缺少参数 ${name}`,
    document: PAGE_DOCUMENTS[origin],
  };
}

export function wrongAgentid(origin: PageOrigin, agentid: string): Rule {
  return agentid === ''
    ? missingParameter(origin, 'agentid')
    : {
        en: `There is no app with the agentid ${shown(agentid)}`,
        zh: `没有 agentid 为 ${shown(agentid)} 的应用`,
        document: PAGE_DOCUMENTS[origin],
      };
}

export const PRIVATEINFO_NEEDS_AGENTID: Rule = {
  en: 'snsapi_privateinfo needs an agentid (switch privateinfoWithoutAgentid)',
  zh: 'snsapi_privateinfo 需要 agentid（开关 privateinfoWithoutAgentid）',
  document: 91022,
};

export const UNREADABLE_REDIRECT_URI: Rule = {
  en: 'redirect_uri is not an address with http or https, a host and no user name. It is percent-encoded once',
  zh: 'redirect_uri 必须是带主机名、不带用户名的 http 或 https 地址，并且只做一次 URL 编码',
  document: 91335,
};

export function longState(bytes: number): Rule {
  return {
    en: `state has more than ${bytes} bytes`,
    zh: `state 超过 ${bytes} 字节`,
    document: 91022,
  };
}

export function nobodyThere(who: string): Rule {
  return {
    en: `There is nobody ${shown(who)} in the company`,
    zh: `企业中没有 ${shown(who)}`,
  };
}

export const ONLY_MEMBERS_SCAN: Rule = {
  en: 'Only members of the company can scan',
  zh: '只有企业成员可以扫码登录',
};

export function outOfRange(origin: PageOrigin, userid: string, app: App | undefined): Rule {
  return {
    en: `${userid} is not in the visible range of the app ${app?.name ?? ''}`,
    zh: `${userid} 不在应用“${app?.name ?? ''}”的可见范围内`,
    document: PAGE_DOCUMENTS[origin],
  };
}

export function refusedBy(origin: PageOrigin): Rule {
  return {
    en: 'The person refused: no code is given',
    zh: '本人拒绝授权：不返回 code',
    document: PAGE_DOCUMENTS[origin],
  };
}
