import type { Bilingual } from '../../lib/bilingual.ts';
import { hasProvider } from '../deployment/openidProvider.ts';
import type { LogLine } from '../doctor/functionLog.ts';
import { type Period, showTime } from './period.ts';
import { UNANSWERED } from './platformLine.ts';
import { type Reason, WAIT_FOR_AWS } from './reasons.ts';
import type { Found, LogEvent } from './searchLog.ts';
import { subjectOf } from './story.ts';
import type { Work } from './work.ts';

/*
 * Requests that ended without a closing line of ours, because the function timed out or crashed, or did
 * not begin. Lambda writes lines of text about them, and API Gateway's access log has their 5xx.
 */

/** Paths that are about nobody. */
const ABOUT_NOBODY = /^(\$default|GET \/\.well-known\/|GET \/WW_verify_)/;

const MINUTE_MS = 60_000;

/**
 * @param gateway lines of the access log with a status of 5xx
 * @returns the requests of the period that ended without an answer, each once, with what is known of it
 */
export async function findUnanswered(
  gateway: readonly LogEvent[],
  period: Period,
  { target, search }: Work,
): Promise<Found> {
  // The local stack has neither Lambda nor API Gateway.
  if (target.local) return { events: [], isComplete: true };
  const provider = hasProvider(target.parameters) ? ['openid', 'openidToken'] : [];
  const logs = ['authorize', 'getUserInfo', 'verify', 'callback', ...provider];
  const candidates = gateway.filter(({ line }) => !ABOUT_NOBODY.test(String(line['route'])));
  const around = { from: period.from - MINUTE_MS, to: period.to + MINUTE_MS };
  const [platform, closed] = await Promise.all([
    search({ logs, period, pattern: UNANSWERED, wanted: ({ end }) => end !== undefined }),
    candidates.length === 0
      ? { events: [], isComplete: true }
      : search({
          logs,
          period: around,
          pattern: '{ $.status >= 500 }',
          wanted: ({ status }) => Number(status) >= 500,
        }),
  ]);
  const answered = new Set(closed.events.map(({ line }) => line['requestId']));
  const found = new Map<unknown, LogEvent>();
  for (const { at, line } of candidates) {
    const { functionRequestId, requestId: gatewayRequestId, route, status } = line;
    if (answered.has(functionRequestId)) continue;
    const known = { requestId: functionRequestId, gatewayRequestId, route, status };
    found.set(functionRequestId, { at, line: { ...known, function: functionOf(String(route)) } });
  }
  for (const { at, line } of platform.events) {
    const known = found.get(line['requestId']);
    const end = known?.line['end'] === 'memory' ? 'memory' : line['end'];
    found.set(line['requestId'], { at: known?.at ?? at, line: { ...line, ...known?.line, end } });
  }
  return {
    events: [...found.values()].sort((one, other) => one.at - other.at),
    isComplete: platform.isComplete && closed.isComplete,
  };
}

/** The name of a function by its route; the route for the OpenID provider. */
function functionOf(route: string): string {
  return /\/api\/wecom\/(\w+)/.exec(route)?.[1] ?? route;
}

/** @param line with `end`, or with the `status` that API Gateway answered instead */
export function unansweredReason({ end, status }: LogLine): Reason {
  switch (end) {
    case 'timeout':
      return {
        why: { en: 'the function timed out', zh: '函数运行超时' },
        remedy: WAIT_FOR_AWS,
      };
    case 'memory':
      return {
        why: { en: 'the function ran out of memory', zh: '函数内存不足' },
        remedy: {
          en: "Raise memorySize in the stage's file, and deploy.",
          zh: '在环境文件中提高 memorySize，然后部署。',
        },
      };
    case 'crash':
      return {
        why: { en: 'the function crashed', zh: '函数崩溃' },
        remedy: {
          en: 'Sign in again. If it happens again, report the lines of the request in the log of the function.',
          zh: '重新登录。如果再次出现，请报告函数日志中该请求的各行。',
        },
      };
    default:
      return {
        why: {
          en: `the function gave no answer, and API Gateway answered ${status}`,
          zh: `函数没有返回结果，API Gateway 返回了 ${status}`,
        },
        remedy: WAIT_FOR_AWS,
      };
  }
}

/** By what was asked and how it ended; the most frequent first. Nothing if there are none. */
export function unansweredText(events: readonly LogEvent[], period: Period): Bilingual | undefined {
  const groups = Map.groupBy(events, ({ line }) =>
    [line['function'], line['end'], line['status']].join(),
  );
  if (groups.size === 0) return undefined;
  const lines = [...groups.values()]
    .sort((one, other) => other.length - one.length)
    .map((group) => groupText(group, period));
  const count = events.length;
  return {
    zh: [
      `这段时间有 ${count} 个请求没有得到结果。无法知道是谁的，其中可能有此人的：`,
      ...lines.map(({ zh }) => zh),
    ].join('\n'),
    en: [
      count === 1
        ? "In this time one request ended without an answer. It is not known whose it was; it may have been the member's:"
        : `In this time ${count} requests ended without an answer. It is not known whose they were; one of them may have been the member's:`,
      ...lines.map(({ en }) => en),
    ].join('\n'),
  };
}

function groupText(group: readonly LogEvent[], period: Period): Bilingual {
  const [first, last] = [group[0], group.at(-1)];
  const line = last?.line ?? {};
  const [from, until] = [first, last].map((each) => showTime(each?.at ?? 0, period));
  const when = from === until ? from : `${from} – ${until}`;
  const count = `${group.length} ×`.padStart(6);
  const { why, remedy } = unansweredReason(line);
  const what = subjectOf(line);
  const id = `        x-request-id ${line['requestId']}`;
  return {
    zh: `${count}  ${what.zh.trim()}：${why.zh}。（${when}）\n        → ${remedy?.zh}\n${id}`,
    en: `${count}  ${what.en}: ${why.en}. (${when})\n        → ${remedy?.en}\n${id}`,
  };
}
