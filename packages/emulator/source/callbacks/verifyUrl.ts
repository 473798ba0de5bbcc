import { randomInt } from 'node:crypto';
import { type Attempt, attempt } from './attempt.ts';
import { type DeliveryParts, withQuery } from './delivery.ts';
import { encrypt } from './encryption.ts';
import { signedQuery } from './signedQuery.ts';
import type { CallbackTarget } from './target.ts';

export interface Verification {
  ok: boolean;
  /** Real time, whatever clock the emulator runs on. */
  milliseconds: number;
  /** Absent when there was no HTTP answer. */
  status?: number;
  /** What the administrator's console would say, and why. */
  reason?: string;
}

/** Sends GET with an encrypted echostr, which the receiver must return decrypted within a second (document 90238). */
export async function verifyUrl(
  { corpid, clock, delay, closing, behaviour }: DeliveryParts,
  target: CallbackTarget,
): Promise<Verification> {
  // Real echo texts are decimal numbers, usually of 19 digits.
  const echo = Array.from({ length: 19 }, (_, at) => randomInt(at === 0 ? 1 : 0, 10)).join('');
  const echostr = encrypt(target.encodingAESKey, echo, corpid);
  const query = signedQuery(target.token, echostr, clock(), { echostr });
  const started = performance.now();
  const limitMs = behaviour.verificationTimeoutMs;
  const result = await attempt(withQuery(target.url, query), undefined, limitMs, delay, closing);
  const reason = failureOf(result, echo);
  return {
    ok: reason === undefined,
    milliseconds: Math.round(performance.now() - started),
    ...('status' in result && { status: result.status }),
    ...(reason !== undefined && { reason }),
  };
}

function failureOf(result: Attempt, echo: string): string | undefined {
  if ('error' in result) return `openapi回调地址请求不通过：${result.error}`;
  if (result.status !== 200) return `openapi回调地址请求不通过：HTTP ${result.status}`;
  return result.body === echo ? undefined : `echostr校验失败：${difference(result.body, echo)}`;
}

/** Names the most frequent mistakes. */
function difference(body: string, echo: string): string {
  if (body === '') return '响应为空 (empty answer)';
  if (body.startsWith('\ufeff')) return '响应带有 BOM (byte order mark)';
  if (body.trim() === echo) return '响应带有空白或换行 (white space around it)';
  if (body.trim() === `"${echo}"`) return '响应带有引号 (quoted)';
  return '响应不是解密后的 echostr (not the decrypted echostr)';
}
