import { setTimeout as delay } from 'node:timers/promises';
import { addressRefused, type Finding, failed, refused } from './finding.ts';
import { type LogLine, LogUnreadable, type ReadLog } from './functionLog.ts';
import type { Target } from './target.ts';

/** A response of one of the functions. */
export interface Answer {
  readonly status: number;
  /** The `code` of the body; -1 without one. */
  readonly code: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** '' if no function answered. */
  readonly requestId: string;
  readonly functionName: string;
}

/** A cold start in a VPC and WeCom's slowest answer together take less. */
const TIMEOUT_MS = 20_000;

/**
 * Sends a request to the API. A redirect is not followed.
 *
 * @param functionName whose route it is
 * @throws the error of the connection
 */
export async function ask(url: string, functionName: string, init: RequestInit = {}) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { redirect: 'manual', signal, ...init });
  return { response, answer: await read(response, functionName) };
}

async function read(response: Response, functionName: string): Promise<Answer> {
  const parsed: unknown = await response.json().catch(() => undefined);
  const isObject = typeof parsed === 'object' && parsed !== null;
  const body = isObject ? (parsed as Record<string, unknown>) : {};
  return {
    status: response.status,
    code: Number(body['code'] ?? -1),
    body,
    requestId: response.headers.get('x-request-id') ?? '',
    functionName,
  };
}

/** @returns the code of a connection's error, such as `ENOTFOUND`, else its message */
export function connectionError(error: unknown): string {
  const { cause, message } = error as Error;
  return String((cause as { code?: unknown })?.code ?? message);
}

/** CloudWatch shows a line a few seconds after it was written. */
const PAUSES_MS = [0, 3_000, 5_000, 8_000];

/** Explains a response that is not the right one by the function's own log line. */
export async function explained(
  target: Target,
  check: string,
  answer: Answer,
  readLog: ReadLog,
): Promise<Finding> {
  const { status, requestId, functionName } = answer;
  if (requestId === '') return notByFunction(target, check, answer);
  let line: LogLine | undefined;
  let unreadable = { en: '', zh: '' };
  try {
    line = await lineOf(target, answer, readLog);
  } catch (error) {
    if (!(error instanceof LogUnreadable)) throw error;
    const { reason } = error;
    unreadable = { en: `, which you cannot read: ${reason}`, zh: `（你无法读取：${reason}）` };
  }
  const errcode = Number(line?.['errcode'] ?? (answer.code > 0 ? answer.code : Number.NaN));
  if (errcode === 60020) {
    const address = String(line?.['fromIp'] ?? target.outputs['EgressIp'] ?? 'our egress IP');
    return addressRefused(check, address);
  }
  if (errcode > 0) return refused(check, { errcode, errmsg: String(line?.['errmsg'] ?? '') });
  const problem = String(line?.['problem'] ?? '');
  const advice = String(line?.['advice'] ?? '');
  return failed(
    check,
    {
      en: `${functionName} answers ${status} ${problem}`.trim(),
      zh: `${functionName} 返回 ${status} ${problem}`.trim(),
    },
    {
      en:
        advice ||
        `Look for ${requestId} in the function's log${unreadable.en}. See docs/operations.md#logs`,
      zh:
        String(line?.['adviceZh'] ?? advice) ||
        `在函数日志${unreadable.zh}中查找 ${requestId}：docs/zh-CN/operations.md#日志`,
    },
  );
}

async function lineOf(
  target: Target,
  answer: Answer,
  readLog: ReadLog,
): Promise<LogLine | undefined> {
  return (await linesOfRequest(target, answer, readLog)).find(isClosing);
}

const isClosing = ({ outcome }: LogLine) => outcome !== undefined;

/**
 * Waits for the function's log lines about its response.
 *
 * @returns the lines, the closing one among them; none if that does not appear
 * @throws LogUnreadable
 */
export async function linesOfRequest(
  target: Target,
  { requestId, functionName }: Answer,
  readLog: ReadLog,
): Promise<LogLine[]> {
  for (const pauseMs of target.local ? PAUSES_MS.slice(0, 1) : PAUSES_MS) {
    await delay(pauseMs);
    const lines = await readLog({
      functionName,
      pattern: `"${requestId}"`,
      wanted: (each) => each['requestId'] === requestId,
    });
    if (lines.some(isClosing)) return lines;
  }
  return [];
}

/** API Gateway, or another server on this address, has answered itself. */
function notByFunction({ stage }: Target, check: string, answer: Answer): Finding {
  const { status, functionName } = answer;
  const what = {
    en: `${status} without the x-request-id of a function: ${functionName} did not answer`,
    zh: `返回 ${status}，且没有函数的 x-request-id：${functionName} 没有响应`,
  };
  if (status === 429) {
    return failed(check, what, {
      en: `API Gateway limits the requests: raise throttleRate and throttleBurst in stages/${stage}.yml, and deploy.`,
      zh: `API Gateway 正在限流：提高 stages/${stage}.yml 中的 throttleRate 和 throttleBurst，然后重新部署。`,
    });
  }
  if (status >= 500) {
    return failed(check, what, {
      en: `The function crashed, ran out of time, or API Gateway may not invoke it. Look at its log: npx serverless logs --stage ${stage} -f ${functionName}`,
      zh: `函数崩溃、超时，或 API Gateway 无权调用它。查看其日志：npx serverless logs --stage ${stage} -f ${functionName}`,
    });
  }
  return failed(check, what, {
    en: `Another server or API answers at this address. Compare where the domain points with the output DomainTarget, and look for a proxy or firewall in front. Otherwise deploy: npm run deploy -- --stage ${stage}`,
    zh: `该地址由其他服务器或 API 响应。核对域名指向与输出 DomainTarget，检查前面的代理或防火墙。否则重新部署：npm run deploy -- --stage ${stage}`,
  });
}
