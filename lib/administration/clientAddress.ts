import type { Bilingual } from '../bilingual.ts';
import { isForbiddenAddress, literalAddress } from '../openid/networkAddress.ts';

/*
 * What a client's addresses may be. They are compared as text, so they are registered exactly as the
 * client sends them. Every check returns what is wrong, or nothing.
 */

const MAX_CHARACTERS = 1_000;
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Checks one redirect address: https, or http on a loopback host, or an app's own scheme.
 *
 * @param all that are registered with it: with a scheme of its own among them, the client is an app,
 *   to which the library gives no https on a loopback host
 */
export function addressProblem(
  address: string,
  all: readonly string[],
  isPublic: boolean,
): Bilingual | undefined {
  const problem = wholeAddressProblem(address);
  if (problem !== undefined) return problem;
  const { protocol, hostname } = new URL(address);
  const isLoopback = LOOPBACK_HOSTS.includes(hostname);
  if (protocol === 'https:') {
    const isApp = all.some((each) => !/^https?:/.test(each));
    return isApp && isLoopback ? NO_HTTPS_LOOPBACK : undefined;
  }
  if (protocol === 'http:') return isLoopback ? undefined : HTTPS;
  if (!isPublic) return OWN_SCHEME_IS_PUBLIC;
  // RFC 8252 §7.1: the reverse of a domain that the maker of the app has.
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(protocol) ? undefined : OWN_SCHEME;
}

/** Checks an address that gets logout tokens; what its host resolves to is checked by add.ts. */
export function logoutProblem(address: string, isLocalStage: boolean): Bilingual | undefined {
  const problem = wholeAddressProblem(address);
  if (problem !== undefined) return problem;
  const { protocol, hostname } = new URL(address);
  const isLoopback = LOOPBACK_HOSTS.includes(hostname);
  const isRight = protocol === 'https:' || (protocol === 'http:' && isLoopback && isLocalStage);
  if (!isRight) return { zh: '应为 https', en: 'must be https' };
  return isLocalStage ? undefined : hostProblem(hostname);
}

/**
 * What keeps the functions of a stage from an address that gets logout tokens: the security group in
 * resources/egress.yml lets them out by https alone.
 *
 * @param egress of the stage
 */
export function portProblem(address: string, egress: unknown): Bilingual | undefined {
  if (egress !== 'fixed' || new URL(address).port === '') return undefined;
  return {
    zh: '无法到达：egress: fixed 时函数只能访问 443 端口',
    en: 'is not reached: with egress: fixed functions reach port 443 only',
  };
}

/** Checks the audience of an API's access tokens. */
export function audienceProblem(audience: string): Bilingual | undefined {
  const isUri = URL.canParse(audience) && /^[\x21-\x7e]{1,255}$/.test(audience);
  return isUri && !audience.includes('#')
    ? undefined
    : {
        zh: '应为 API 的完整地址（绝对 URI，不含 #），如 https://api.example.com',
        en: 'must be an absolute URI without #, such as https://api.example.com',
      };
}

/** Whether the text is a host name of at least two labels, in lower case; IDNs as `xn--…`. */
export function isHostName(text: string): boolean {
  return /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})$/.test(
    text,
  );
}

/** Absolute, without user, fragment and wildcard, in the form in which a browser writes it. */
function wholeAddressProblem(address: string): Bilingual | undefined {
  const url = URL.parse(address);
  if (url === null || address.length > MAX_CHARACTERS) {
    return {
      zh: `应为完整地址，最多 ${MAX_CHARACTERS} 个字符`,
      en: `must be a whole address of at most ${MAX_CHARACTERS} characters`,
    };
  }
  if (address.includes('#')) return { zh: '不能含 #', en: 'must have no fragment (#)' };
  if (address.includes('*')) {
    return {
      zh: '不能含通配符：地址按全文比较',
      en: 'must have no wildcard: addresses are compared exactly',
    };
  }
  if (url.username || url.password || address.includes('@')) {
    return { zh: '不能含用户名或 @', en: 'must have no user and no @' };
  }
  // Some clients send their origin without the slash that a browser adds.
  const isNormal = url.href === address || (url.href === `${address}/` && url.pathname === '/');
  return isNormal ? undefined : { zh: `请写成 ${url.href}`, en: `write it as ${url.href}` };
}

const HTTPS = {
  zh: '应为 https（http 只用于本机地址 localhost、127.0.0.1、[::1]）',
  en: 'must be https (http only on localhost, 127.0.0.1 and [::1])',
};
const NO_HTTPS_LOOPBACK = {
  zh: '同时使用自定义 scheme 的客户端，本机地址只能用 http',
  en: 'must be http: a client with a scheme of its own has no https on a loopback host',
};
const OWN_SCHEME_IS_PUBLIC = {
  zh: '自定义 scheme 只用于公开客户端（--public）',
  en: 'a scheme of its own is for public clients only (--public)',
};
const OWN_SCHEME = {
  zh: '自定义 scheme 应为反写的域名，如 com.example.app:/callback（RFC 8252）',
  en: 'the scheme must be a domain in reverse, such as com.example.app:/callback (RFC 8252)',
};

function hostProblem(hostname: string): Bilingual | undefined {
  const literal = literalAddress(hostname);
  const isLocal = /(^|\.)localhost\.?$/.test(hostname);
  return isLocal || (literal !== undefined && isForbiddenAddress(literal))
    ? NOT_REACHABLE
    : undefined;
}

export const NOT_REACHABLE = {
  zh: '本机或链路本地地址，已部署的环境不会向它发送',
  en: 'is a loopback or link-local address; a deployed stage sends nothing there',
};
