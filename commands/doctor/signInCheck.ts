import { createHash, randomBytes } from 'node:crypto';
import { errcodeEntry } from '../../lib/wecom/errcodes.ts';
import { words } from '../../lib/words.ts';
import { type Answer, ask, connectionError, explained } from './answer.ts';
import { type Finding, failed, ok, unknown } from './finding.ts';
import type { ReadLog } from './functionLog.ts';
import type { Target } from './target.ts';

/** A code that WeCom cannot have given. */
const CODE = 'doctor';

const NOT_SIGNED_IN = unknown('sign-in', {
  en: 'not tried, because authorize does not work',
  zh: '未尝试：authorize 不可用',
});

/**
 * Signs in through the API with an invented code, all the way to WeCom and back: from the functions'
 * own address, with their own roles. WeCom's "invalid code" is the good answer.
 */
export async function checkSignIn(target: Target, readLog: ReadLog): Promise<Finding[]> {
  const [redirectUri] = words(String(target.parameters['redirectUris'] ?? ''));
  if (!redirectUri) {
    const what = { en: 'not tried: redirectUris is empty', zh: '未尝试：redirectUris 为空' };
    return [unknown('authorize', what), unknown('sign-in', what)];
  }
  let check = 'authorize';
  try {
    const begun = await begin(target, redirectUri);
    if ('answer' in begun) {
      const { answer } = begun;
      const finding =
        answer.status === 400
          ? otherSettings(target)
          : await explained(target, check, answer, readLog);
      return [finding, NOT_SIGNED_IN];
    }
    const authorized = ok(check, {
      en: `sends browsers to ${begun.host}`,
      zh: `将浏览器重定向到 ${begun.host}`,
    });
    check = 'sign-in';
    return [authorized, await redeem(target, begun, readLog)];
  } catch (error) {
    const why = connectionError(error);
    const what = {
      en: `${target.apiUrl} cannot be used: ${why}`,
      zh: `无法使用 ${target.apiUrl}：${why}`,
    };
    const finding = failed(check, what, {
      en: 'Deploy, and check domain, DNS and certificate; --api names another address.',
      zh: '请先部署，并检查域名、DNS 和证书；可用 --api 指定其他地址。',
    });
    return check === 'authorize' ? [finding, NOT_SIGNED_IN] : [finding];
  }
}

/** The address of the front end is all that could be wrong with what was asked. */
function otherSettings({ stage, local }: Target): Finding {
  const deploy = local ? 'npm start' : `npm run deploy -- --stage ${stage}`;
  return failed(
    'authorize',
    {
      en: 'The functions know other redirectUris than the stage has',
      zh: '函数使用的 redirectUris 与环境文件不一致',
    },
    { en: `Deploy the stage as it is now: ${deploy}`, zh: `按当前配置重新部署：${deploy}` },
  );
}

interface Begun {
  readonly state: string;
  readonly code_verifier: string;
  /** Of WeCom's page. */
  readonly host: string;
}

/** @returns the sign-in that began, or the response that was no redirect to WeCom */
async function begin(
  { apiUrl }: Target,
  redirect_uri: string,
): Promise<Begun | { readonly answer: Answer }> {
  const code_verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    redirect_uri,
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const url = `${apiUrl}/api/wecom/authorize?${query}`;
  const { response, answer } = await ask(url, 'authorize');
  const page = URL.parse(response.headers.get('location') ?? '');
  const state = page?.searchParams.get('state');
  if (response.status !== 302 || !page || !state) return { answer };
  return { state, code_verifier, host: page.host };
}

async function redeem(
  target: Target,
  { state, code_verifier }: Begun,
  readLog: ReadLog,
): Promise<Finding> {
  const { answer } = await ask(`${target.apiUrl}/api/wecom/getUserInfo`, 'getUserInfo', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: CODE, state, code_verifier }),
  });
  if (answer.status === 401 && errcodeEntry(answer.code).fault === 'visitor') {
    return ok('sign-in', { en: 'the functions reach WeCom', zh: '函数可以访问企业微信' });
  }
  return explained(target, 'sign-in', answer, readLog);
}
