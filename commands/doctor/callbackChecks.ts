import { randomInt } from 'node:crypto';
import { encrypt, signatureOf } from '../../lib/callback/encryption.ts';
import { isSignedRefusal } from '../../lib/callback/errors.ts';
import { type Channel, channels } from '../../lib/callback/sharedKeys.ts';
import { same } from '../language.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import type { LogLine, ReadLog } from './functionLog.ts';
import type { StageSecrets } from './parameterChecks.ts';
import type { Target } from './target.ts';

const TIMEOUT_MS = 10_000;

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
  { apiUrl, corpId }: Target,
  channel: Channel,
  keys: Keys,
  readLog: ReadLog,
): Promise<Finding> {
  const check = `callback-${channel}-url`;
  const url = `${apiUrl}/api/wecom/callback/${channel}`;
  // WeCom sends decimal numbers of 19 digits.
  const echo = Array.from({ length: 19 }, () => randomInt(1, 10)).join('');
  const { status, body } = await get(`${url}?${verification(keys, echo, corpId)}`);
  if (status === 200 && body === echo) return checkRefusals(check, url, channel, keys, readLog);
  const what = { en: `${url} returns ${status || body}`, zh: `${url} 返回 ${status || body}` };
  if (status === 0) {
    return failed(check, what, {
      en: 'The API cannot be reached from this machine. Check the domain, DNS and certificate, and in China the ICP filing.',
      zh: '从本机无法访问该 API。检查域名、DNS、证书；在中国境内还需 ICP 备案。',
    });
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

async function get(url: string): Promise<{ status: number; body: string }> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, body: (await response.text()).slice(0, 200) };
  } catch (error) {
    const { cause, message } = error as Error;
    return { status: 0, body: String((cause as { code?: unknown })?.code ?? message) };
  }
}

/**
 * Reads the log for requests that were refused since the keys were written. Anyone can send an unsigned
 * request, so those only give a warning. A refused request with a valid signature comes from a holder
 * of the Token, so the EncodingAESKey or corpId is wrong.
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
  if (signed.length > 0) return wrongKeys(check, url, signed);
  if (unsigned.length > 0) return unsignedRequests(check, url, unsigned);
  return ok(check, same(url));
}

const lastTime = (lines: readonly LogLine[]) => String(lines.at(-1)?.['time']);

function wrongKeys(check: string, url: string, refusals: readonly LogLine[]): Finding {
  const count = refusals.length;
  return failed(
    check,
    {
      en: `${url} responds, but ${count} requests with a valid signature could not be decrypted since the keys were written, the last at ${lastTime(refusals)}`,
      zh: `${url} 响应正常，但自密钥写入以来有 ${count} 个签名有效的请求无法解密，最近一次在 ${lastTime(refusals)}`,
    },
    {
      en: "The EncodingAESKey in SSM, or corpId, differs from WeCom's console. Copy Token and EncodingAESKey again with npm run setup, then save the callback in the console.",
      zh: 'SSM 中的 EncodingAESKey 或 corpId 与管理后台不一致：用 npm run setup 重新写入 Token 和 EncodingAESKey，然后在管理后台保存回调配置。',
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
