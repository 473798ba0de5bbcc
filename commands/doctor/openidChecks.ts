import { hasProvider } from '../deployment/openidProvider.ts';
import { same } from '../language.ts';
import { deployAgain, issuerOf } from './apiChecks.ts';
import { type Finding, failed, ok, unknown } from './finding.ts';
import type { Target } from './target.ts';

const TIMEOUT_MS = 10_000;

/** A client that nobody can register: an id has no dot. */
const NO_CLIENT = 'doctor.unknown';

/**
 * Checks the OpenID provider as a program sees it: what discovery announces, and the refusal of an unknown
 * client by each endpoint. Signs nobody in.
 */
export async function checkOpenid(target: Target): Promise<Finding[]> {
  if (!hasProvider(target.parameters)) {
    return [
      unknown('openid', {
        en: 'off on this stage: see openidProvider in stages/default.yml',
        zh: '此环境未启用：参见 stages/default.yml 中的 openidProvider',
      }),
    ];
  }
  return [
    await checkAnnounced(target),
    await checkUnknownClient(target),
    await checkToken(target),
    await checkUserinfo(target),
  ];
}

async function checkAnnounced(target: Target): Promise<Finding> {
  const { apiUrl = '' } = target;
  const issuer = issuerOf(target);
  if (new URL(issuer).host !== new URL(apiUrl).host) {
    return failed(
      'openid',
      {
        en: `The issuer is ${issuer}, but the API is at ${apiUrl}: WeCom and programs go to the issuer`,
        zh: `issuer 是 ${issuer}，而 API 在 ${apiUrl}：企业微信和其他程序访问的是 issuer`,
      },
      {
        en: 'Let sessionIssuer be the address of the API, or leave it out, and deploy.',
        zh: '将 sessionIssuer 设为 API 的地址或将其删除，然后重新部署。',
      },
    );
  }
  const response = await get(`${apiUrl}/.well-known/openid-configuration`);
  const { authorization_endpoint, token_endpoint } = await jsonOf(response);
  if (authorization_endpoint === undefined || token_endpoint === undefined) {
    return failed(
      'openid',
      {
        en: 'Discovery announces no authorization and token endpoints: the functions run without the provider',
        zh: 'Discovery 未公布授权和令牌端点：函数未启用 OpenID Provider',
      },
      deployAgain(target),
    );
  }
  return ok('openid', same(issuer));
}

/** An unknown client gets a page: a redirect would send people wherever a link says. */
async function checkUnknownClient(target: Target): Promise<Finding> {
  const query = new URLSearchParams({
    client_id: NO_CLIENT,
    redirect_uri: 'https://doctor.invalid/',
    response_type: 'code',
    scope: 'openid',
  });
  const response = await get(`${target.apiUrl}/oauth2/authorize?${query}`);
  const type = response?.headers.get('content-type') ?? '';
  if (response?.status === 400 && type.startsWith('text/html')) {
    return ok('openid-authorize', {
      en: 'an unknown client is refused with a page',
      zh: '未知的客户端会看到错误页面',
    });
  }
  const what = `${response?.status ?? 'nothing'} ${type}`.trim();
  return failed(
    'openid-authorize',
    {
      en: `/oauth2/authorize answers an unknown client with ${what}, not with a page`,
      zh: `/oauth2/authorize 对未知客户端返回 ${what}，而不是错误页面`,
    },
    {
      en: `Deploy the current version, then look at the log of the function openid: docs/operations.md`,
      zh: `部署当前版本，然后查看函数 openid 的日志：docs/operations.md`,
    },
  );
}

/** Asked with an unknown client, which is refused as RFC 6749 §5.2 says. */
async function checkToken(target: Target): Promise<Finding> {
  const form = { grant_type: 'authorization_code', code: 'doctor', client_id: NO_CLIENT };
  const response = await get(`${target.apiUrl}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const { error } = await jsonOf(response);
  if (response && response.status < 500 && error === 'invalid_client') {
    return ok('openid-token', {
      en: 'an unknown client is refused',
      zh: '未知的客户端会被拒绝',
    });
  }
  return notRefused('openid-token', '/oauth2/token', 'invalid_client', response);
}

/** Asked without a token. */
async function checkUserinfo(target: Target): Promise<Finding> {
  const response = await get(`${target.apiUrl}/oauth2/userinfo`);
  if (response?.status === 401 || response?.status === 400) {
    return ok('openid-userinfo', {
      en: 'a request without a token is refused',
      zh: '没有令牌的请求会被拒绝',
    });
  }
  return notRefused('openid-userinfo', '/oauth2/userinfo', '401', response);
}

function notRefused(
  check: string,
  path: string,
  wanted: string,
  response: Response | undefined,
): Finding {
  const status = response?.status ?? 'nothing';
  return failed(
    check,
    {
      en: `${path} answers ${status}, not ${wanted}`,
      zh: `${path} 返回 ${status}，应为 ${wanted}`,
    },
    {
      en: 'Look at the log of the function openidToken: docs/operations.md#logs. If there is nothing, deploy.',
      zh: '查看函数 openidToken 的日志：docs/zh-CN/operations.md#日志。如果没有记录，请重新部署。',
    },
  );
}

async function get(url: string, init: RequestInit = {}): Promise<Response | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = { accept: url.includes('/oauth2/authorize') ? 'text/html' : 'application/json' };
  return fetch(url, { redirect: 'manual', headers, signal, ...init }).catch(() => undefined);
}

async function jsonOf(response: Response | undefined): Promise<Record<string, unknown>> {
  const body: unknown = await response?.json().catch(() => undefined);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}
