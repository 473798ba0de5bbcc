import { randomInt } from 'node:crypto';
import type { Bilingual } from '../../lib/bilingual.ts';
import { encrypt, signatureOf } from '../../lib/callback/encryption.ts';
import { isSignedRefusal } from '../../lib/callback/errors.ts';
import { type Channel, channels } from '../../lib/callback/sharedKeys.ts';
import { same } from '../language.ts';
import { connectionError, explained } from './answer.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import { type LogLine, type ReadLog, withoutLog } from './functionLog.ts';
import type { StageSecrets } from './parameterChecks.ts';
import type { Target } from './target.ts';

const TIMEOUT_MS = 10_000;

/** The refusals of WXBizMsgCrypt that WeCom's own messages cannot cause: -40007 and -40010. */
const NO_CIPHERTEXT = 'no ciphertext';

type Keys = NonNullable<StageSecrets['callbacks'][Channel]>;

/**
 * Checks each callback that is set up: sends a URL verification signed with the keys in SSM, and looks
 * for requests with a valid signature that were refused since those keys were written.
 */
export async function checkCallbacks(
  target: Target,
  { callbacks }: StageSecrets,
  readLog: ReadLog,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const channel of channels) {
    const keys = callbacks[channel];
    if (keys !== undefined) findings.push(await checkCallback(target, channel, keys, readLog));
  }
  return findings;
}

async function checkCallback(
  target: Target,
  channel: Channel,
  keys: Keys,
  readLog: ReadLog,
): Promise<Finding> {
  const { apiUrl, corpId } = target;
  const check = `callback-${channel}-url`;
  const url = `${apiUrl}/api/wecom/callback/${channel}`;
  // WeCom sends decimal numbers of 19 digits.
  const echo = Array.from({ length: 19 }, () => randomInt(1, 10)).join('');
  const { status, body, requestId } = await get(`${url}?${verification(keys, echo, corpId)}`);
  if (status === 200 && body === echo) {
    return checkRefusals(check, url, channel, keys, readLog).catch((error: unknown) =>
      withoutLog(check, error, target),
    );
  }
  const what = { en: `${url} returns ${status || body}`, zh: `${url} 返回 ${status || body}` };
  if (status === 0) {
    return failed(check, what, {
      en: 'The API cannot be reached from this machine. Check the domain, DNS and certificate, and in China the ICP filing.',
      zh: '从本机无法访问该 API。检查域名、DNS、证书；在中国境内还需 ICP 备案。',
    });
  }
  if (requestId === '' || status === 429 || status >= 500) {
    const answer = { status, code: -1, body: {}, requestId, functionName: 'callback' };
    return explained(target, check, answer, readLog);
  }
  return failed(check, what, {
    en: 'Something in front of the functions changes the path, the query or the response. Check for a proxy, a firewall, or another API on this domain.',
    zh: '函数之前有环节改动了路径、查询参数或响应。检查代理、防火墙，以及该域名是否指向了其他 API。',
  });
}

function verification({ token, key }: Keys, echo: string, corpId: string): URLSearchParams {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const nonce = String(randomInt(1_000_000_000, 2_000_000_000));
  const echostr = encrypt(key, echo, corpId);
  const msg_signature = signatureOf(timestamp, nonce, echostr, token);
  return new URLSearchParams({ msg_signature, timestamp, nonce, echostr });
}

async function get(url: string): Promise<{ status: number; body: string; requestId: string }> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const requestId = response.headers.get('x-request-id') ?? '';
    return { status: response.status, body: (await response.text()).slice(0, 200), requestId };
  } catch (error) {
    return { status: 0, body: connectionError(error), requestId: '' };
  }
}

/**
 * Reads the log for requests that were refused since the keys were written. Anyone can send an unsigned
 * request, so those only give a warning. A refused request with a valid signature comes from a holder
 * of the Token: WeCom, and then a setting is wrong, or somebody else.
 */
async function checkRefusals(
  check: string,
  url: string,
  channel: Channel,
  { writtenAt }: Keys,
  readLog: ReadLog,
): Promise<Finding> {
  const refusals = await readLog({
    functionName: 'callback',
    pattern: '{ $.error = "ERR_CALLBACK_REFUSED" }',
    wanted: ({ error, channel: refused, time }) =>
      error === 'ERR_CALLBACK_REFUSED' &&
      refused === channel &&
      Date.parse(String(time)) > writtenAt,
  });
  const signed = refusals.filter(({ refusal }) => isSignedRefusal(refusal));
  const unsigned = refusals.filter(({ refusal }) => refusal === '-40001');
  if (signed.length > 0) return signedRefusals(check, url, signed);
  if (unsigned.length > 0) return unsignedRequests(check, url, unsigned);
  return ok(check, same(url));
}

const lastTime = (lines: readonly LogLine[]) => String(lines.at(-1)?.['time']);

/** What is wrong, by the refusal of a request with a valid signature; see docs/callbacks.md. */
const REMEDIES: Readonly<Record<string, Bilingual>> = {
  '-40005': {
    en: "The messages are for another corp: compare corpId in the stage's file with 我的企业 → 企业信息 → 企业ID, and check that no other company uses this URL.",
    zh: '消息属于其他企业：核对环境文件中的 corpId 与“我的企业 → 企业信息 → 企业ID”，并确认没有其他企业使用此 URL。',
  },
  '-40008': {
    en: "The EncodingAESKey in SSM differs from WeCom's console. Copy Token and EncodingAESKey again with npm run setup, then save the callback in the console.",
    zh: 'SSM 中的 EncodingAESKey 与管理后台不一致：用 npm run setup 重新写入 Token 和 EncodingAESKey，然后在管理后台保存回调配置。',
  },
  [NO_CIPHERTEXT]: {
    en: 'What was signed is no ciphertext of WeCom, so somebody else has the Token. Generate a new Token and EncodingAESKey in the console, store them with npm run setup, then save the callback in the console.',
    zh: '被签名的内容不是企业微信的密文，说明 Token 已被他人获得。请在管理后台重新生成 Token 和 EncodingAESKey，用 npm run setup 写入，然后在管理后台保存回调配置。',
  },
};

function signedRefusals(check: string, url: string, refusals: readonly LogLine[]): Finding {
  const count = refusals.length;
  const kinds = refusals.map(({ refusal }) =>
    refusal === '-40007' || refusal === '-40010' ? NO_CIPHERTEXT : String(refusal),
  );
  const remedies = Object.keys(REMEDIES).flatMap((kind) =>
    kinds.includes(kind) ? (REMEDIES[kind] ?? []) : [],
  );
  const codes = [...new Set(refusals.map(({ refusal }) => String(refusal)))].sort();
  return failed(
    check,
    {
      en: `${url} responds, but ${count} requests with a valid signature were refused (${codes.join(', ')}) since the keys were written, the last at ${lastTime(refusals)}`,
      zh: `${url} 响应正常，但自密钥写入以来有 ${count} 个签名有效的请求被拒绝（${codes.join('、')}），最近一次在 ${lastTime(refusals)}`,
    },
    {
      en: remedies.map(({ en }) => en).join(' '),
      zh: remedies.map(({ zh }) => zh).join(''),
    },
  );
}

function unsignedRequests(check: string, url: string, refusals: readonly LogLine[]): Finding {
  const count = refusals.length;
  return warning(
    check,
    {
      en: `${url} responds. ${count} requests without a valid signature were refused since the keys were written, the last at ${lastTime(refusals)}`,
      zh: `${url} 响应正常。自密钥写入以来已拒绝 ${count} 个没有有效签名的请求，最近一次在 ${lastTime(refusals)}`,
    },
    {
      en: "Anyone can send such requests, and they have no effect, so there is nothing to do. If changes in WeCom do not arrive here, save the callback in WeCom's console; if the console reports an error, copy Token and EncodingAESKey again with npm run setup.",
      zh: '任何人都能发送这类请求，且不会产生任何影响，无需处理。仅当企业微信中的变更没有同步到这里时，才需要在管理后台重新保存回调配置；如果管理后台报错，再用 npm run setup 重新写入 Token 和 EncodingAESKey。',
    },
  );
}
