import { randomUUID } from 'node:crypto';
import type { Bilingual } from '../../lib/bilingual.ts';
import { adviceOn } from '../../lib/http/errorAdvice.ts';
import { type SessionKeySet, signingKey } from '../../lib/session/sessionKeys.ts';
import { signJwt } from '../../lib/session/signJwt.ts';
import { same } from '../language.ts';
import { type Answer, ask, connectionError, explained, linesOfRequest } from './answer.ts';
import { addressRefused, type Finding, failed, ok, refused, unknown, warning } from './finding.ts';
import { type LogLine, type LogQuery, type ReadLog, withoutLog } from './functionLog.ts';
import type { StageSecrets } from './parameterChecks.ts';
import type { Target } from './target.ts';
import { NOBODY } from './wecomChecks.ts';

/** The issuer that programs are configured with. */
export function issuerOf({ parameters, apiUrl }: Target): string {
  const { sessionIssuer, domainName } = parameters;
  const issuer = sessionIssuer ?? (domainName ? `https://${domainName}` : apiUrl);
  return String(issuer).replace(/\/+$/, '');
}

export function deployAgain({ stage, local }: Target): Bilingual {
  const command = local ? 'npm start' : `npm run deploy -- --stage ${stage}`;
  return {
    en: `Deploy the stage as it is now: ${command}`,
    zh: `按当前配置重新部署：${command}`,
  };
}

/** Checks that the API can be asked from here. Whatever status it answers, something is there. */
export async function checkReachable(target: Target): Promise<Finding> {
  const { apiUrl = '' } = target;
  try {
    await ask(`${apiUrl}/.well-known/openid-configuration`, 'openidConfiguration');
    return ok('api', same(apiUrl));
  } catch (error) {
    const why = connectionError(error);
    return failed(
      'api',
      {
        en: `${apiUrl} cannot be asked: ${why}. So sign-in, verify and callbacks are not checked`,
        zh: `无法访问 ${apiUrl}：${why}。因此未检查登录、verify 和回调`,
      },
      unreachableRemedy(target, why),
    );
  }
}

function unreachableRemedy({ apiUrl = '', outputs }: Target, why: string): Bilingual {
  const { hostname } = new URL(apiUrl);
  const domainTarget = outputs['DomainTarget'];
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(why) && domainTarget) {
    return {
      en: `Create the DNS record: CNAME ${hostname} → ${domainTarget}. If it exists, check the DNS of this machine.`,
      zh: `创建 DNS 记录：CNAME ${hostname} → ${domainTarget}。如果已存在，检查本机的 DNS。`,
    };
  }
  if (/CERT|SELF_SIGNED|ISSUER/.test(why)) {
    return {
      en: `The certificate is not valid for ${hostname}: check certificateArn, where the DNS record points, and whether a proxy in between replaces certificates.`,
      zh: `证书对 ${hostname} 无效：检查 certificateArn、DNS 记录的指向，以及中间是否有替换证书的代理。`,
    };
  }
  return {
    en: 'The API cannot be reached from this machine. Check the domain, DNS, certificate and proxy, and in China the ICP filing (备案). --api names another address.',
    zh: '从本机无法访问该 API。检查域名、DNS、证书、代理；在中国境内还需 ICP 备案。可用 --api 指定其他地址。',
  };
}

/** Checks what programs read about the API: the discovery document with its issuer, and the keys. */
export async function checkDiscovery(
  target: Target,
  { sessionKeys }: StageSecrets,
  readLog: ReadLog,
  now: number,
): Promise<Finding[]> {
  return [await discovery(target, readLog), await jwks(target, sessionKeys, readLog, now)];
}

async function discovery(target: Target, readLog: ReadLog): Promise<Finding> {
  const wanted = issuerOf(target);
  const url = `${target.apiUrl}/.well-known/openid-configuration`;
  const found = await askOr(url, 'openidConfiguration', 'discovery');
  if ('check' in found) return found;
  const { issuer } = found.body;
  if (found.status !== 200 || typeof issuer !== 'string') {
    return explained(target, 'discovery', found, readLog);
  }
  if (issuer === wanted) return ok('discovery', same(issuer));
  return failed(
    'discovery',
    { en: `The issuer is ${issuer}, not ${wanted}`, zh: `issuer 是 ${issuer}，应为 ${wanted}` },
    deployAgain(target),
  );
}

async function jwks(
  target: Target,
  stored: SessionKeySet | undefined,
  readLog: ReadLog,
  now: number,
): Promise<Finding> {
  const url = `${target.apiUrl}/.well-known/jwks.json`;
  const found = await askOr(url, 'jwks', 'jwks');
  if ('check' in found) return found;
  const { keys } = found.body;
  if (found.status !== 200) return explained(target, 'jwks', found, readLog);
  if (!Array.isArray(keys) || keys.length === 0) {
    return failed(
      'jwks',
      {
        en: `${url} has no keys: nobody can check sessions and ID tokens`,
        zh: `${url} 没有密钥：无法校验会话和 ID Token`,
      },
      {
        en: 'Look at the check session-keys, and deploy.',
        zh: '查看 session-keys 检查项，然后重新部署。',
      },
    );
  }
  const signs = stored && signingKey(stored, Math.floor(now / 1_000))?.kid;
  if (stored !== undefined && signs === undefined) return noSigningKey(target);
  if (signs !== undefined && !keys.some((key) => key?.kid === signs)) {
    return warning(
      'jwks',
      {
        en: `the key ${signs}, which signs, is not published yet`,
        zh: `正在签名的密钥 ${signs} 尚未公布`,
      },
      {
        en: 'Instances read changed keys within five minutes. If it stays, deploy.',
        zh: '实例会在五分钟内读到更换的密钥。如果一直如此，请重新部署。',
      },
    );
  }
  return ok('jwks', {
    en: `${keys.length} ${keys.length === 1 ? 'key' : 'keys'} published`,
    zh: `已公布 ${keys.length} 个密钥`,
  });
}

function noSigningKey({ stage }: Target): Finding {
  const [list, replace] = [`list --stage ${stage}`, `replace --yes --stage ${stage}`];
  return failed(
    'jwks',
    {
      en: 'no session key signs now, so nobody can sign in',
      zh: '当前没有可用于签名的会话密钥，因此无法登录',
    },
    {
      en: `npm run keys -- ${list} shows when one begins to sign. Not to wait, and to end every session: npm run keys -- ${replace}`,
      zh: `npm run keys -- ${list} 显示密钥何时开始签名。如不等待，可替换全部密钥，所有会话随之结束：npm run keys -- ${replace}`,
    },
  );
}

/** @returns the response, or the finding that there is none */
async function askOr(
  url: string,
  functionName: string,
  check: string,
  init: RequestInit = {},
): Promise<Answer | Finding> {
  try {
    return (await ask(url, functionName, init)).answer;
  } catch (error) {
    const why = connectionError(error);
    return failed(
      check,
      { en: `${url} does not answer: ${why}`, zh: `${url} 没有响应：${why}` },
      {
        en: 'The function is slow or hangs: look at its log and at the alarm latency, docs/operations.md.',
        zh: '函数缓慢或挂起：查看其日志和 latency 告警，docs/zh-CN/operations.md。',
      },
    );
  }
}

const SESSION_SECONDS = 60;

/**
 * Asks whether a member is permitted, as a page or a back end does. The member does not exist, so the
 * answer is no, but finding it takes the tables, and WeCom if it was not asked lately.
 *
 * Where verify needs a session, one of this member is signed with the key in SSM, valid for a minute.
 */
export async function checkVerify(
  target: Target,
  { sessionKeys }: StageSecrets,
  readLog: ReadLog,
  now: number,
): Promise<Finding> {
  const access = target.parameters['verifyAccess'];
  const headers: Record<string, string> = {};
  if (access === 'session') {
    const token = sessionKeys && (await sessionOf(target, sessionKeys, now));
    if (token === undefined) {
      return unknown('verify', {
        en: 'not asked: there is no key to sign a session with',
        zh: '未检查：没有可用于签发会话的密钥',
      });
    }
    headers['authorization'] = `Bearer ${token}`;
  }
  const url = `${target.apiUrl}/api/wecom/verify/${NOBODY}`;
  const found = await askOr(url, 'verify', 'verify', { headers });
  if ('check' in found) return found;
  if (access === 'iam') {
    if (found.status === 200) return answersAnyone(target);
    if (found.status === 403 && found.requestId !== '') return withoutAuthorizer(target);
  }
  const { authorized } = (found.body['data'] ?? {}) as { authorized?: unknown };
  if (found.status === 200 && found.code === 0 && authorized === false) {
    return decided(target, found, readLog).catch((error: unknown) =>
      withoutLog('verify', error, target),
    );
  }
  if (access === 'iam' && found.status === 403) {
    return checkFailures(readLog).catch((error: unknown) => withoutLog('verify', error, target));
  }
  if (access === 'session' && found.status === 401) return sessionRefused(target);
  if (found.status === 200) return otherAnswer(target);
  return explained(target, 'verify', found, readLog);
}

async function sessionOf(
  target: Target,
  keys: SessionKeySet,
  now: number,
): Promise<string | undefined> {
  const seconds = Math.floor(now / 1_000);
  const key = signingKey(keys, seconds);
  return (
    key &&
    signJwt(key, {
      iss: issuerOf(target),
      sub: NOBODY,
      aud: String(target.parameters['sessionAudience']),
      iat: seconds,
      exp: seconds + SESSION_SECONDS,
      jti: randomUUID(),
      corp: target.corpId,
      agent: target.agentId,
    })
  );
}

/** "Not authorized" is also the answer if WeCom could not be asked, which the log tells. */
async function decided(target: Target, found: Answer, readLog: ReadLog): Promise<Finding> {
  const lines = await linesOfRequest(target, found, readLog);
  const closing = lines.find(({ outcome }) => outcome !== undefined);
  if (closing === undefined) {
    return unknown('verify', {
      en: `answers, but the log has no line yet that tells whether WeCom could be asked: ${found.requestId}`,
      zh: `可以正常返回，但日志中尚无能说明是否询问到企业微信的记录：${found.requestId}`,
    });
  }
  // Also where the answer is right by what was stored before, less than a day ago.
  const refusal = lines.find(
    ({ level, error }) => level === 'WARN' && /^ERR_(WECOM|TOKEN)_/.test(String(error)),
  );
  if (closing['outcome'] !== 'failed' && refusal === undefined) {
    return ok('verify', { en: 'answers', zh: '可以正常返回' });
  }
  const errcode = Number(refusal?.['errcode'] ?? 0);
  if (errcode === 60020) return addressRefused('verify', String(refusal?.['fromIp']));
  if (errcode > 0) return refused('verify', { errcode, errmsg: String(refusal?.['errmsg']) });
  const error = String(refusal?.['error'] ?? '');
  const { advice, adviceZh } = {
    ...adviceOn(error, found.status, closing['decision']),
    ...refusal,
  };
  return failed(
    'verify',
    {
      en: `verify refuses ${NOBODY}, and everybody else of whom nothing is stored, because WeCom could not be asked ${error}`.trim(),
      zh: `由于无法询问企业微信，verify 拒绝了 ${NOBODY}，也会拒绝其他没有存储信息的成员 ${error}`.trim(),
    },
    { en: String(advice), zh: String(adviceZh ?? advice) },
  );
}

/**
 * With API Gateway's authorizer only the log shows whether those that may ask get an answer. A success
 * after the last failure tells that what failed was mended.
 */
async function checkFailures(readLog: ReadLog): Promise<Finding> {
  const failures = await readLog(closingLines('failed'));
  const last = failures.sort((a, b) => timeOf(a) - timeOf(b)).at(-1);
  if (last === undefined) {
    return ok('verify', {
      en: 'API Gateway refuses callers without AWS credentials; no failure in the log of the last hour',
      zh: 'API Gateway 拒绝没有 AWS 凭证的调用；最近一小时的日志中没有失败',
    });
  }
  const { time, error, advice, adviceZh } = last;
  const successes = await readLog(closingLines('success', timeOf(last)));
  if (successes.length > 0) {
    return ok('verify', {
      en: `API Gateway refuses callers without AWS credentials; ${successes.length} requests succeeded since the last failure, at ${time}: ${error}`,
      zh: `API Gateway 拒绝没有 AWS 凭证的调用；最近一次失败（${time}：${error}）之后有 ${successes.length} 次成功`,
    });
  }
  return failed(
    'verify',
    {
      en: `${failures.length} failures in the log of the last hour, the last at ${time}: ${error}; none succeeded since`,
      zh: `最近一小时的日志中有 ${failures.length} 次失败，最近一次在 ${time}：${error}；此后没有成功的请求`,
    },
    {
      en: `${advice ?? 'See docs/operations.md#logs'} If it is mended, send a request to verify, and run the doctor again.`,
      zh: `${adviceZh ?? advice ?? '参见 docs/zh-CN/operations.md#日志'} 如果已经处理，请调用一次 verify 后再次运行 doctor。`,
    },
  );
}

const timeOf = ({ time }: LogLine) => Date.parse(String(time));

/** @param since milliseconds since the epoch; default: an hour ago */
const closingLines = (outcome: string, since?: number): LogQuery => ({
  functionName: 'verify',
  pattern: `{ $.outcome = "${outcome}" }`,
  since,
  wanted: (line) => line['outcome'] === outcome && (since === undefined || timeOf(line) > since),
});

function answersAnyone(target: Target): Finding {
  return failed(
    'verify',
    {
      en: 'verify answers callers without AWS credentials, though verifyAccess is iam: anyone can read the permissions of any member',
      zh: 'verifyAccess 为 iam，verify 却响应没有 AWS 凭证的调用：任何人都可以查询任何成员的权限',
    },
    deployAgain(target),
  );
}

/** The function refuses callers whom API Gateway has not identified. */
function withoutAuthorizer(target: Target): Finding {
  const { en, zh } = deployAgain(target);
  return failed(
    'verify',
    {
      en: 'the route of verify has no IAM authorizer, so the function refuses every caller',
      zh: 'verify 的路由没有 IAM 授权方，函数会拒绝所有调用',
    },
    {
      en: `${en}. If that changes nothing, set the authorizer of the route GET /api/wecom/verify/{userId} to IAM in the API Gateway console.`,
      zh: `${zh}。如果部署没有改变它，请在 API Gateway 控制台将路由 GET /api/wecom/verify/{userId} 的授权方设为 IAM。`,
    },
  );
}

function sessionRefused(target: Target): Finding {
  return failed(
    'verify',
    {
      en: 'verify refuses a session that is signed with the key in SSM, so it refuses every member',
      zh: 'verify 拒绝了用 SSM 中的密钥签发的会话，因此会拒绝所有成员',
    },
    {
      en: `After a change of the keys wait five minutes. Otherwise the functions have another issuer, audience, corpId or agentId. ${deployAgain(target).en}`,
      zh: `更换密钥后请等待五分钟。否则说明函数的 issuer、audience、corpId 或 agentId 不同。${deployAgain(target).zh}`,
    },
  );
}

function otherAnswer(target: Target): Finding {
  return failed(
    'verify',
    {
      en: `verify does not answer "not authorized" for ${NOBODY}, who does not exist`,
      zh: `${NOBODY} 并不存在，verify 却没有返回“无权限”`,
    },
    {
      en: `Look for another API on this domain, and for a member with this userid. ${deployAgain(target).en}`,
      zh: `检查该域名是否指向其他 API，以及是否真有此 userid 的成员。${deployAgain(target).zh}`,
    },
  );
}
