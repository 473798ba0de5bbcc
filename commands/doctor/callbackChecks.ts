import { randomInt } from 'node:crypto';
import { encrypt, signatureOf } from '../../lib/callback/encryption.ts';
import { isSignedRefusal } from '../../lib/callback/errors.ts';
import { type Channel, channels } from '../../lib/callback/sharedKeys.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import type { LogLine, ReadLog } from './functionLog.ts';
import type { StageSecrets } from './parameterChecks.ts';
import type { Place } from './place.ts';

type Keys = NonNullable<StageSecrets['callbacks'][Channel]>;

/**
 * Whether each callback that is set up answers WeCom's URL verification, asked with the keys in SSM;
 * and whether requests with a valid signature were refused since those keys were written.
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

/**
 * What the log says of requests since the keys were written. Anyone can send an unsigned request, so
 * those are only a note; a signed one that was refused came from a holder of the Token.
 */
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
    wanted: ({ error, channel: refused, time }) =>
      error === 'ERR_CALLBACK_REFUSED' &&
      refused === channel &&
      Date.parse(String(time)) > writtenAt,
  });
  const signed = refusals.filter(({ refusal }) => isSignedRefusal(refusal));
  const unsigned = refusals.filter(({ refusal }) => refusal === '-40001');
  if (signed.length > 0) return otherKeys(check, url, signed);
  if (unsigned.length > 0) return strangers(check, url, unsigned);
  return ok(check, url, url);
}

const lastTime = (lines: readonly LogLine[]) => String(lines.at(-1)?.['time']);

function otherKeys(check: string, url: string, refusals: readonly LogLine[]): Finding {
  const count = refusals.length;
  return failed(
    check,
    {
      en: `${url} answers, but ${count} requests with a valid signature could not be decrypted since the keys were written, the last at ${lastTime(refusals)}`,
      zh: `${url} 有应答，但自密钥写入以来有 ${count} 个签名有效的请求无法解密，最近一次在 ${lastTime(refusals)}`,
    },
    {
      en: 'The EncodingAESKey in SSM, or corpId, is not that of the console. Copy Token and EncodingAESKey again with npm run setup, then save the callback in the console.',
      zh: 'SSM 中的 EncodingAESKey 或 corpId 与管理后台不一致：用 npm run setup 重新写入 Token 和 EncodingAESKey，然后在管理后台保存回调配置。',
    },
  );
}

function strangers(check: string, url: string, refusals: readonly LogLine[]): Finding {
  const count = refusals.length;
  return warning(
    check,
    {
      en: `${url} answers. ${count} requests without a valid signature were refused since the keys were written, the last at ${lastTime(refusals)}`,
      zh: `${url} 有应答。自密钥写入以来已拒绝 ${count} 个没有有效签名的请求，最近一次在 ${lastTime(refusals)}`,
    },
    {
      en: "Anyone can send such requests, and they have no effect: nothing to do. Only if changes in WeCom do not arrive here, save the callback in WeCom's console; if the console reports an error there, copy Token and EncodingAESKey again with npm run setup.",
      zh: '任何人都能发送这类请求，且不会产生任何影响，无需处理。仅当企业微信中的变更没有同步到这里时，才需要在管理后台重新保存回调配置；如果管理后台报错，再用 npm run setup 重新写入 Token 和 EncodingAESKey。',
    },
  );
}
