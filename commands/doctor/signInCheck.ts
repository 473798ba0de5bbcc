import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { errcodeEntry } from '../../lib/wecom/errcodes.ts';
import { addressRefused, type Finding, failed, ok, refused, unknown } from './finding.ts';
import type { LogLine, ReadLog } from './functionLog.ts';
import type { Target } from './target.ts';

/** A code that WeCom cannot have given. */
const CODE = 'doctor';

/**
 * Signs in through the API with an invented code, all the way to WeCom and back: from the functions'
 * own address, with their own roles. WeCom's "invalid code" is the good answer.
 */
export async function checkSignIn(target: Target, readLog: ReadLog): Promise<Finding[]> {
  const [redirectUri] = String(target.parameters['redirectUris']).split(/[\s,]+/);
  if (!redirectUri) {
    return [
      unknown('sign-in', {
        en: 'not tried: redirectUris is empty',
        zh: '未尝试：redirectUris 为空',
      }),
    ];
  }
  try {
    const answer = await signIn(target, redirectUri);
    if (answer.status === 401 && errcodeEntry(answer.code).fault === 'visitor') {
      return [ok('sign-in', { en: 'the functions reach WeCom', zh: '函数可以访问企业微信' })];
    }
    if (answer.status === 400) return [otherSettings(target)];
    return [await explained(target, answer, readLog)];
  } catch (error) {
    const { cause, message } = error as Error;
    const why = String((cause as { code?: unknown })?.code ?? message);
    return [
      failed(
        'sign-in',
        { en: `${target.apiUrl} cannot be used: ${why}`, zh: `无法使用 ${target.apiUrl}：${why}` },
        {
          en: 'Deploy, and check domain, DNS and certificate; --api names another address.',
          zh: '请先部署，并检查域名、DNS 和证书；可用 --api 指定其他地址。',
        },
      ),
    ];
  }
}

/** The address of the front end is all that could be wrong with what was asked. */
function otherSettings({ stage, local }: Target): Finding {
  const deploy = local ? 'npm start' : `npm run deploy -- --stage ${stage}`;
  return failed(
    'sign-in',
    {
      en: 'The functions know other redirectUris than the stage has',
      zh: '函数使用的 redirectUris 与环境文件不一致',
    },
    { en: `Deploy the stage as it is now: ${deploy}`, zh: `按当前配置重新部署：${deploy}` },
  );
}

interface Answer {
  status: number;
  code: number;
  requestId: string;
  functionName: string;
}

async function signIn({ apiUrl }: Target, redirect_uri: string): Promise<Answer> {
  const code_verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    redirect_uri,
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const begun = await fetch(`${apiUrl}/api/wecom/authorize?${query}`, { redirect: 'manual' });
  if (begun.status !== 302) return read(begun, 'authorize');
  const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state');
  const ended = await fetch(`${apiUrl}/api/wecom/getUserInfo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: CODE, state, code_verifier }),
  });
  return read(ended, 'getUserInfo');
}

async function read(response: Response, functionName: string): Promise<Answer> {
  const body = await response.json().catch(() => ({}));
  return {
    status: response.status,
    code: Number((body as { code?: unknown }).code ?? -1),
    requestId: response.headers.get('x-request-id') ?? '',
    functionName,
  };
}

/** CloudWatch shows a line a few seconds after it was written. */
const PAUSES = [0, 3_000, 5_000, 8_000];

async function explained(target: Target, answer: Answer, readLog: ReadLog): Promise<Finding> {
  const { status, requestId, functionName } = answer;
  let line: LogLine | undefined;
  for (const pause of target.local ? PAUSES.slice(0, 1) : PAUSES) {
    await delay(pause);
    const lines = await readLog({
      functionName,
      pattern: `"${requestId}"`,
      wanted: (each) => each['requestId'] === requestId && each['outcome'] !== undefined,
    });
    line = lines.at(-1);
    if (line !== undefined || requestId === '') break;
  }
  const errcode = Number(line?.['errcode'] ?? (answer.code > 0 ? answer.code : Number.NaN));
  if (errcode === 60020) {
    const address = String(line?.['fromIp'] ?? target.outputs['EgressIp'] ?? 'our egress IP');
    return addressRefused('sign-in', address);
  }
  if (errcode > 0) return refused('sign-in', { errcode, errmsg: String(line?.['errmsg'] ?? '') });
  const problem = String(line?.['problem'] ?? '');
  const advice = String(line?.['advice'] ?? '');
  return failed(
    'sign-in',
    {
      en: `${functionName} answers ${status} ${problem}`.trim(),
      zh: `${functionName} 返回 ${status} ${problem}`.trim(),
    },
    {
      en: advice || `Look for ${requestId} in the function's log: docs/operations.md`,
      zh:
        String(line?.['adviceZh'] ?? advice) || `在函数日志中查找 ${requestId}：docs/operations.md`,
    },
  );
}
