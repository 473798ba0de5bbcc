import { randomInt } from 'node:crypto';
import { encrypt, signatureOf } from '../../lib/callback/encryption.ts';
import { type Channel, channels } from '../../lib/callback/sharedKeys.ts';
import { type Finding, failed, ok } from './finding.ts';
import type { ReadLog } from './functionLog.ts';
import type { StageSecrets } from './parameterChecks.ts';
import type { Place } from './place.ts';

type Keys = NonNullable<StageSecrets['callbacks'][Channel]>;

/**
 * Whether each callback that is set up answers WeCom's URL verification, asked with the keys in SSM;
 * and whether WeCom's own requests have been taken since those keys were written.
 */
export async function checkCallbacks(
  place: Place,
  { callbacks }: StageSecrets,
  readLog: ReadLog,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const channel of channels) {
    const keys = callbacks[channel];
    if (keys !== undefined) findings.push(await checkCallback(place, channel, keys, readLog));
  }
  return findings;
}

async function checkCallback(
  { apiUrl, corpId }: Place,
  channel: Channel,
  keys: Keys,
  readLog: ReadLog,
): Promise<Finding> {
  const check = `callback-${channel}-url`;
  const url = `${apiUrl}/api/wecom/callback/${channel}`;
  // Real ones are decimal numbers of 19 digits.
  const echo = Array.from({ length: 19 }, () => randomInt(1, 10)).join('');
  const { status, body } = await ask(`${url}?${verification(keys, echo, corpId)}`);
  if (status === 200 && body === echo) return wecomsOwn(check, url, channel, keys, readLog);
  const what = { en: `${url} answers ${status || body}`, zh: `${url} 返回 ${status || body}` };
  if (status === 0) {
    return failed(check, what, {
      en: 'The API cannot be reached from here: domain, DNS, certificate; in China the ICP filing too.',
      zh: '从本机无法访问该 API：检查域名、DNS、证书；在中国境内还需 ICP 备案。',
    });
  }
  return failed(check, what, {
    en: 'Something before the functions changes path, query or answer: a proxy, a firewall, another API behind the domain.',
    zh: '函数之前有环节改动了路径、查询参数或响应：代理、防火墙，或该域名指向了其他 API。',
  });
}

function verification({ token, key }: Keys, echo: string, corpId: string): URLSearchParams {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const nonce = String(randomInt(1_000_000_000, 2_000_000_000));
  const echostr = encrypt(key, echo, corpId);
  const msg_signature = signatureOf(timestamp, nonce, echostr, token);
  return new URLSearchParams({ msg_signature, timestamp, nonce, echostr });
}

async function ask(url: string): Promise<{ status: number; body: string }> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(10_000) });
    return { status: response.status, body: (await response.text()).slice(0, 200) };
  } catch (error) {
    const { cause, message } = error as Error;
    return { status: 0, body: String((cause as { code?: unknown })?.code ?? message) };
  }
}

/** What the signature check or the decryption says when the two sides have different keys. */
const OTHER_KEYS = ['-40001', '-40005', '-40007', '-40008'];

/** Only the log knows what WeCom sends: nobody but WeCom has the console's keys. */
async function wecomsOwn(
  check: string,
  url: string,
  channel: Channel,
  { writtenAt }: Keys,
  readLog: ReadLog,
): Promise<Finding> {
  const refusals = await readLog({
    functionName: 'callback',
    pattern: '{ $.error = "ERR_CALLBACK_REFUSED" }',
    wanted: ({ refusal, channel: refused, time }) =>
      OTHER_KEYS.includes(String(refusal)) &&
      refused === channel &&
      Date.parse(String(time)) > writtenAt,
  });
  if (refusals.length === 0) return ok(check, url, url);
  const last = String(refusals.at(-1)?.['time']);
  return failed(
    check,
    {
      en: `${url} answers, but ${refusals.length} requests signed or encrypted with other keys were refused since these were written, the last at ${last}`,
      zh: `${url} 有应答，但自密钥写入以来已拒绝 ${refusals.length} 个用其他密钥签名或加密的请求，最近一次在 ${last}`,
    },
    {
      en: "If they are WeCom's, the keys in SSM are not those in the console: copy Token and EncodingAESKey again with npm run setup, then save the callback in the console.",
      zh: '如果这些请求来自企业微信，则 SSM 中的密钥与管理后台不一致：用 npm run setup 重新写入 Token 和 EncodingAESKey，然后在管理后台保存回调配置。',
    },
  );
}
