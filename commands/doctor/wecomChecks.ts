import { systemClock } from '../../lib/clock.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import type { ParameterValue } from '../../lib/parameters/parameter.ts';
import { TokenUnavailable } from '../../lib/token/errors.ts';
import { type Agent, getAgent } from '../../lib/wecom/api/getAgent.ts';
import { getDepartmentList } from '../../lib/wecom/api/getDepartmentList.ts';
import { createWecomClient } from '../../lib/wecom/client.ts';
import { WecomErrcode } from '../../lib/wecom/errors.ts';
import { hasProvider } from '../deployment/openidProvider.ts';
import { same } from '../language.ts';
import { addressRefused, type Finding, failed, ok, refused, unknown } from './finding.ts';
import { newInvocation, type Target } from './target.ts';
import { checkToken, unreachable, withoutToken } from './tokenCheck.ts';

const CONSOLE = 'https://work.weixin.qq.com/wework_admin/frame#apps';

/** Checks that WeCom accepts the secret, this address and the app, and that the app sees anyone. */
export async function checkWecom(target: Target, secret: ParameterValue): Promise<Finding[]> {
  const client = createWecomClient(target.wecomApiBaseUrl, systemClock);
  const { finding, wecom } = await checkToken(target, secret, client);
  if (wecom === undefined) return [finding];

  let agent: Agent;
  try {
    agent = await getAgent(wecom, target.agentId, newInvocation());
  } catch (error) {
    return [finding, agentError(target, error)];
  }
  const findings = [
    finding,
    ok('address', {
      en: 'WeCom accepts calls from this machine',
      zh: '企业微信接受来自本机的调用',
    }),
    agent.close === 1 ? disabled() : ok('agent', same(agent.name)),
    visibleRange(agent),
  ];
  try {
    const count = (await getDepartmentList(wecom, newInvocation())).length;
    findings.push(
      ok('departments', { en: `${count} departments can be read`, zh: `可以读取 ${count} 个部门` }),
    );
  } catch (error) {
    findings.push(
      error instanceof WecomErrcode
        ? refused('departments', error)
        : unreachable('departments', error),
    );
  }
  return [...findings, redirectDomain(target, agent)];
}

function agentError(target: Target, error: unknown): Finding {
  if (error instanceof TokenUnavailable || error instanceof StoreUnavailable) {
    return withoutToken(error);
  }
  if (!(error instanceof WecomErrcode)) return unreachable('agent', error);
  if (error.errcode !== 60020) return refused('agent', error, { stop: true });
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
      en: `visible to ${users} members, ${parties} departments, ${tags} tags`,
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
  // WeCom returns to the OpenID provider too.
  if (hasProvider(parameters) && parameters['domainName'])
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
