import { hasProvider } from '../deployment/openidProvider.ts';
import { same } from '../language.ts';
import { type Finding, failed, ok, unknown } from './finding.ts';
import type { Target } from './target.ts';

const TIMEOUT_MS = 10_000;

/** A client that nobody can register: an id has no dot. */
const NO_CLIENT = 'doctor.unknown';

/**
 * Checks the OpenID provider as a program sees it: discovery with its issuer, the keys, and the refusal
 * of an unknown client. Signs nobody in.
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
  const { finding, jwksUri } = await checkDiscovery(target);
  if (jwksUri === undefined) return [finding];
  return [finding, await checkKeys(jwksUri), await checkUnknownClient(target)];
}

/** The issuer that programs are configured with. */
function issuerOf({ parameters, apiUrl }: Target): string {
  const { sessionIssuer, domainName } = parameters;
  const issuer = sessionIssuer ?? (domainName ? `https://${domainName}` : apiUrl);
  return String(issuer).replace(/\/+$/, '');
}

async function checkDiscovery(target: Target): Promise<{ finding: Finding; jwksUri?: string }> {
  const { apiUrl = '' } = target;
  const wanted = issuerOf(target);
  const response = await get(`${apiUrl}/.well-known/openid-configuration`);
  const { issuer, authorization_endpoint, token_endpoint, jwks_uri } = await jsonOf(response);
  if (response?.status !== 200 || typeof issuer !== 'string') {
    const finding = failed(
      'openid',
      {
        en: `${apiUrl}/.well-known/openid-configuration answers ${response?.status ?? 'nothing'}`,
        zh: `${apiUrl}/.well-known/openid-configuration 返回 ${response?.status ?? '空'}`,
      },
      deployAgain(target),
    );
    return { finding };
  }
  if (issuer !== wanted) {
    const finding = failed(
      'openid',
      { en: `The issuer is ${issuer}, not ${wanted}`, zh: `issuer 是 ${issuer}，应为 ${wanted}` },
      deployAgain(target),
    );
    return { finding };
  }
  if (new URL(issuer).host !== new URL(apiUrl).host) {
    const finding = failed(
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
    return { finding };
  }
  if (authorization_endpoint === undefined || token_endpoint === undefined) {
    const finding = failed(
      'openid',
      {
        en: 'Discovery announces no authorization and token endpoints: the functions run without the provider',
        zh: 'Discovery 未公布授权和令牌端点：函数未启用 OpenID Provider',
      },
      deployAgain(target),
    );
    return { finding };
  }
  return { finding: ok('openid', same(issuer)), jwksUri: String(jwks_uri) };
}

async function checkKeys(jwksUri: string): Promise<Finding> {
  const response = await get(jwksUri);
  const { keys } = await jsonOf(response);
  if (response?.status === 200 && Array.isArray(keys) && keys.length > 0) {
    const count = keys.length;
    return ok('openid-keys', {
      en: `${count} ${count === 1 ? 'key' : 'keys'} published`,
      zh: `已公布 ${count} 个密钥`,
    });
  }
  return failed(
    'openid-keys',
    {
      en: `${jwksUri} has no keys: programs cannot check ID tokens`,
      zh: `${jwksUri} 没有密钥：其他程序无法校验 ID Token`,
    },
    {
      en: 'Look at the check session-keys, and deploy.',
      zh: '查看 session-keys 检查项，然后重新部署。',
    },
  );
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

function deployAgain({ stage, local }: Target) {
  const command = local ? 'npm start' : `npm run deploy -- --stage ${stage}`;
  return {
    en: `Deploy the stage as it is now: ${command}`,
    zh: `按当前配置重新部署：${command}`,
  };
}

async function get(url: string): Promise<Response | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = { accept: url.includes('/oauth2/') ? 'text/html' : 'application/json' };
  return fetch(url, { redirect: 'manual', headers, signal }).catch(() => undefined);
}

async function jsonOf(response: Response | undefined): Promise<Record<string, unknown>> {
  const body: unknown = await response?.json().catch(() => undefined);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}
