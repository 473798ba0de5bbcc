import { systemClock } from '../../lib/clock.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import type { ParameterValue } from '../../lib/parameters/parameter.ts';
import { TokenUnavailable } from '../../lib/token/errors.ts';
import { type Agent, getAgent } from '../../lib/wecom/api/getAgent.ts';
import { getDepartmentList } from '../../lib/wecom/api/getDepartmentList.ts';
import { getUser } from '../../lib/wecom/api/getUser.ts';
import { createWecomClient, type WecomClient } from '../../lib/wecom/client.ts';
import { isMemberNotShown, WecomErrcode } from '../../lib/wecom/errors.ts';
import { hasConsole } from '../deployment/adminConsole.ts';
import { hasProvider } from '../deployment/openidProvider.ts';
import { same } from '../language.ts';
import { addressRefused, type Finding, failed, ok, refused, unknown } from './finding.ts';
import { newInvocation, type Target } from './target.ts';
import { checkToken, unreachable, withoutToken } from './tokenCheck.ts';

const CONSOLE = 'https://work.weixin.qq.com/wework_admin/frame#apps';

/** A userid that no company gives anybody. */
export const NOBODY = 'wecom-auth.doctor';

/** No right to this member, or to members at all. */
const NO_PRIVILEGE = 60011;
const ADDRESS_REFUSED = 60020;

/**
 * Checks that WeCom accepts the secret, this address and the app, that the app sees anyone, and that it
 * may read members and departments.
 */
export async function checkWecom(target: Target, secret: ParameterValue): Promise<Finding[]> {
  const client = createWecomClient(target.wecomApiBaseUrl, systemClock);
  const noAnswer = target.local ? undefined : await answerError(client);
  if (noAnswer !== undefined) return [notFromHere(noAnswer)];
  const { finding, wecom } = await checkToken(target, secret, client);
  if (wecom === undefined) return [finding];

  let agent: Agent;
  try {
    agent = await getAgent(wecom, target.agentId, newInvocation());
  } catch (error) {
    return [finding, callError(target, 'agent', error, { stop: true })];
  }
  const address = ok('address', {
    en: 'WeCom accepts calls from this machine',
    zh: '企业微信接受来自本机的调用',
  });
  if (agent.close === 1) return [finding, address, disabled()];
  const app = [ok('agent', same(agent.name)), visibleRange(agent)];
  const refusal = await userError(wecom, NOBODY);
  // It is not documented whether agent/get is for listed addresses only.
  if (isAddressRefused(refusal)) {
    const refused = callError(target, 'members', refusal, { stop: true });
    return [finding, refused, ...app, redirectDomain(target, agent)];
  }
  return [
    finding,
    address,
    ...app,
    await members(target, wecom, agent, refusal),
    await departments(target, wecom),
    redirectDomain(target, agent),
  ];
}

/**
 * Whether WeCom answers this machine at all, which the functions do not need. A call of gettoken without
 * an answer would be recorded, and make the functions pause.
 *
 * @returns why it does not
 */
async function answerError(client: WecomClient): Promise<unknown> {
  return client({ api: 'getcallbackip', query: {}, idempotent: true }, newInvocation()).then(
    () => undefined,
    (error: unknown) => (error instanceof WecomErrcode ? undefined : error),
  );
}

/** Only the functions of a deployed stage have to reach WeCom, and later checks find that out. */
function notFromHere(error: unknown): Finding {
  const { check, what, remedy } = unreachable('gettoken', error);
  return unknown(
    check,
    {
      en: `WeCom was not asked from this machine: ${what.en}. The checks verify and sign-in below show whether the functions reach it`,
      zh: `未从本机询问企业微信：${what.zh}。下面的 verify 和 sign-in 检查会说明函数能否访问`,
    },
    {
      en: `Nothing to do if only the functions may reach it, such as a proxy at wecomApiBaseUrl. Otherwise: ${remedy?.en}`,
      zh: `如果只有函数可以访问它（例如 wecomApiBaseUrl 处的代理），则无需处理。否则：${remedy?.zh}`,
    },
  );
}

/** @returns why `user/get` gave no member; nothing if it gave one */
async function userError(wecom: WecomClient, userid: string): Promise<unknown> {
  return getUser(wecom, userid, newInvocation()).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/**
 * Whether the app may read members, which every sign-in and every `verify` does.
 *
 * @param refusal of `user/get` for a member who does not exist
 */
async function members(
  target: Target,
  wecom: WecomClient,
  agent: Agent,
  refusal: unknown,
): Promise<Finding> {
  const check = 'members';
  const works = ok(check, { en: 'members can be read', zh: '可以读取成员' });
  if (refusal === undefined) return works;
  if (!isMemberNotShown(refusal)) return callError(target, check, refusal);
  if (refusal.errcode !== NO_PRIVILEGE) return works;
  const [listed] = agent.allow_userinfos.user.flatMap((user) => useridOf(user) ?? []);
  if (listed === undefined) return unclearPrivilege(check);
  const refusalOfListed = await userError(wecom, listed);
  if (isMemberNotShown(refusalOfListed) && refusalOfListed.errcode === NO_PRIVILEGE) {
    return noPrivilege(check);
  }
  if (refusalOfListed === undefined || isMemberNotShown(refusalOfListed)) return works;
  return callError(target, check, refusalOfListed);
}

function useridOf(user: unknown): string | undefined {
  const { userid } = (user ?? {}) as { readonly userid?: unknown };
  return typeof userid === 'string' ? userid : undefined;
}

/** WeCom documents 60011 for one member and for a want of rights, and not which a missing member gets. */
function unclearPrivilege(check: string): Finding {
  return unknown(
    check,
    {
      en: 'WeCom returns 60011 for a member who does not exist. It is not documented whether that also happens to an app that may read the members it sees',
      zh: '企业微信对不存在的成员返回 60011。文档未说明有权读取可见成员的应用是否也会如此',
    },
    {
      en: `Add a member by name to 可见范围 on the app's page and run the doctor again, or sign in once: ${CONSOLE}`,
      zh: `在应用详情页的“可见范围”中直接添加一名成员后再次运行 doctor，或登录一次：${CONSOLE}`,
    },
  );
}

function noPrivilege(check: string): Finding {
  return failed(
    check,
    {
      en: 'WeCom returns 60011 also for a member in the visible range: the app may not read members',
      zh: '企业微信对可见范围内的成员也返回 60011：应用无权读取成员',
    },
    {
      en: `Check on the app's page that the secret is that of this self-built app, and remove and add 可见范围 again: ${CONSOLE}`,
      zh: `在应用详情页确认 Secret 属于该自建应用，并重新设置“可见范围”：${CONSOLE}`,
    },
    { errcode: NO_PRIVILEGE },
  );
}

async function departments(target: Target, wecom: WecomClient): Promise<Finding> {
  const check = 'departments';
  try {
    const count = (await getDepartmentList(wecom, newInvocation())).length;
    return ok(check, { en: `${count} departments can be read`, zh: `可以读取 ${count} 个部门` });
  } catch (error) {
    return callError(target, check, error);
  }
}

const isAddressRefused = (error: unknown): error is WecomErrcode =>
  error instanceof WecomErrcode && error.errcode === ADDRESS_REFUSED;

/** A call of WeCom that failed. @param more for a check that the others depend on */
function callError(
  target: Target,
  check: string,
  error: unknown,
  more: Pick<Finding, 'stop'> = {},
): Finding {
  if (error instanceof TokenUnavailable || error instanceof StoreUnavailable) {
    return withoutToken(target, error);
  }
  if (!(error instanceof WecomErrcode)) {
    return { ...unreachable(check, error), ...more };
  }
  if (!isAddressRefused(error)) return refused(check, error, more);
  const address = String(error.details['fromIp'] ?? '');
  if (target.local) return addressRefused('address', address, { stop: true });
  return unknown('address', {
    en: `WeCom refuses calls from this machine (${address}). Only the functions' address must be listed; the sign-in check below covers it`,
    zh: `企业微信不接受来自本机（${address}）的调用，本机无需列入；下面的登录检查会检查函数的出口地址`,
  });
}

function disabled(): Finding {
  return failed(
    'agent',
    { en: 'The app is disabled', zh: '应用已停用' },
    { en: `Enable the app on its page: ${CONSOLE}`, zh: `在应用详情页启用应用：${CONSOLE}` },
    { stop: true },
  );
}

function visibleRange({ allow_userinfos, allow_partys, allow_tags }: Agent): Finding {
  const [users, parties, tags] = [
    allow_userinfos.user.length,
    allow_partys.partyid.length,
    allow_tags.tagid.length,
  ];
  if (users + parties + tags > 0) {
    return ok('visible-range', {
      en: `members in the visible range: ${users}, departments: ${parties}, tags: ${tags}`,
      zh: `可见范围：${users} 名成员、${parties} 个部门、${tags} 个标签`,
    });
  }
  return failed(
    'visible-range',
    {
      en: 'The visible range is empty: every sign-in ends with 60011',
      zh: '可见范围为空：所有登录都会以 60011 结束',
    },
    {
      en: `Add members, departments or tags to 可见范围 on the app's page: ${CONSOLE}`,
      zh: `在应用详情页的“可见范围”中添加成员、部门或标签：${CONSOLE}`,
    },
  );
}

/** WeCom returns only one of the trusted domains. */
function redirectDomain({ parameters }: Target, agent: Agent): Finding {
  const hosts = String(parameters['redirectUris'])
    .split(/[\s,]+/)
    .filter((uri) => uri !== '')
    .map((uri) => new URL(uri).host);
  // WeCom returns to the OpenID provider and to the console too.
  if ((hasProvider(parameters) || hasConsole(parameters)) && parameters['domainName'])
    hosts.push(String(parameters['domainName']));
  const trusted = agent.redirect_domain.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const others = [...new Set(hosts.filter((host) => host !== trusted))];
  if (hosts.length === 0) {
    return unknown('redirect-domain', {
      en: 'redirectUris is empty: browsers cannot sign in through /authorize',
      zh: 'redirectUris 为空：浏览器无法通过 /authorize 登录',
    });
  }
  if (!hosts.includes(trusted)) {
    return failed(
      'redirect-domain',
      {
        en: `The app trusts ${trusted || 'no domain'}; the front end is at ${others.join(', ')}`,
        zh: `应用的可信域名是 ${trusted || '（未设置）'}，而前端在 ${others.join('、')}`,
      },
      {
        en: `Enter ${others[0]} under 网页授权及JS-SDK → 可信域名 (with its port, without scheme), and under 企业微信授权登录 for sign-in outside WeCom: ${CONSOLE}`,
        zh: `在“网页授权及JS-SDK → 可信域名”填写 ${others[0]}（含端口、不含协议）；如需在企业微信之外扫码登录，还要填入“企业微信授权登录”：${CONSOLE}`,
      },
    );
  }
  if (others.length === 0) return ok('redirect-domain', same(trusted));
  return ok('redirect-domain', {
    en: `${trusted}; WeCom does not tell whether ${others.join(', ')} is trusted too`,
    zh: `${trusted}；企业微信不提供其余域名（${others.join('、')}）是否可信的信息`,
  });
}
