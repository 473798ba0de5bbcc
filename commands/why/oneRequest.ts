import type { Bilingual } from '../../lib/bilingual.ts';
import { EXIT } from '../administration/exit.ts';
import { consoleFunctions } from '../deployment/adminConsole.ts';
import { hasProvider } from '../deployment/openidProvider.ts';
import type { LogLine } from '../doctor/functionLog.ts';
import { gatewayAnswer } from './member.ts';
import { type Period, periodOf, showPeriod, showTime } from './period.ts';
import { ACCESS_LOG, type LogEvent } from './searchLog.ts';
import { storyOf, subjectOf } from './story.ts';
import { unansweredReason } from './unanswered.ts';
import { onStage, shownFields, type Work, warnIncomplete } from './work.ts';

const FUNCTIONS = ['authorize', 'getUserInfo', 'verify', 'callback', 'jssdk', 'jwks', 'notFound'];
const PROVIDER = ['openid', 'openidToken', 'openidConfiguration'];
const LAST_HOURS = 24;

/**
 * Tells what became of one request.
 *
 * @param id the response's x-request-id, or API Gateway's id of the request
 * @returns the exit code
 * @throws the SDK's error
 */
export async function aboutRequest(
  { id, at }: { readonly id: string; readonly at: number | undefined },
  work: Work,
): Promise<number> {
  const { options, say, print, now } = work;
  const period = periodOf(at, now, LAST_HOURS);
  const first = await linesOf(id, period, work);
  // Only the line that a request ends with has API Gateway's id.
  const requestId = first.events.map(({ line }) => functionRequestIdOf(line)).find(Boolean);
  const { events: all, isComplete } =
    requestId === undefined || requestId === id ? first : await linesOf(requestId, period, work);
  const events = withOneEnd(all);

  if (options.json) {
    print(
      JSON.stringify(
        {
          stage: options.stage,
          isComplete,
          lines: events.map(({ at: time, line }) => json(time, line)),
        },
        null,
        2,
      ),
    );
  } else {
    print(`${id} · ${options.stage} · ${showPeriod(period)}\n`);
    const explain = (permission: string) =>
      `npm run permissions -- explain user:<userid> ${permission}${onStage(options)}`;
    for (const { at: time, line } of events) {
      const head = `${showTime(time, period)}  `;
      const lines = say(lineText(line, explain)).split('\n');
      print(head + lines.join(`\n${' '.repeat(head.length)}`));
    }
    if (events.length === 0) {
      print(
        say({
          zh: '这段时间的日志中没有这个请求。',
          en: 'The log has no such request in this time.',
        }),
      );
    }
  }
  if (!isComplete) warnIncomplete(work);
  return events.length === 0 ? EXIT.no : EXIT.done;
}

function linesOf(id: string, period: Period, { target, search }: Work) {
  const names = ['requestId', 'gatewayRequestId', 'functionRequestId'];
  return search({
    logs: [
      ...FUNCTIONS,
      ...(hasProvider(target.parameters) ? PROVIDER : []),
      ...consoleFunctions(target.parameters),
      ACCESS_LOG,
    ],
    period,
    // Lambda's own lines are texts without fields.
    pattern: `"${id}"`,
    wanted: (line) => names.some((name) => line[name] === id),
  });
}

/** Lambda writes two lines about a timeout or a crash: the first says most. */
function withOneEnd(events: readonly LogEvent[]): LogEvent[] {
  const first = events.find(({ line }) => line['end'] !== undefined);
  return events.filter((event) => event === first || event.line['end'] === undefined);
}

/** The x-request-id, of a line of a function or of the access log; nothing if no function ran. */
function functionRequestIdOf({ functionRequestId, requestId }: LogLine): string | undefined {
  return functionRequestId === '-' ? undefined : String(functionRequestId ?? requestId);
}

function json(at: number, line: LogLine) {
  const { level, message, functionRequestId } = line;
  return { ...shownFields(at, line), level, message, functionRequestId };
}

/** One line of a log, in one or more lines. */
function lineText(line: LogLine, explain: (permission: string) => string): Bilingual {
  const { functionRequestId, status } = line;
  if (functionRequestId === '-') return gatewayAnswer(line);
  if (line['end'] !== undefined) {
    const { why, remedy } = unansweredReason(line);
    return {
      zh: `${subjectOf(line).zh.trim()}：${why.zh}。\n→ ${remedy?.zh}`,
      en: `${subjectOf(line).en}: ${why.en}.\n→ ${remedy?.en}`,
    };
  }
  if (functionRequestId !== undefined) {
    return {
      zh: `API Gateway 返回了 ${status}，耗时 ${line['milliseconds']} 毫秒。`,
      en: `API Gateway answered ${status} after ${line['milliseconds']} ms.`,
    };
  }
  if (status === undefined) {
    const errcode = line['errcode'] === undefined ? '' : ` (errcode ${line['errcode']})`;
    const text = `${line['level']} ${line['message']}${errcode}`;
    return { zh: text, en: text };
  }
  const { what, remedy } = storyOf(line, explain);
  const ids = [
    `x-request-id ${line['requestId']}`,
    line['gatewayRequestId'] && `API Gateway ${line['gatewayRequestId']}`,
    line['traceId'] && `trace ${line['traceId']}`,
  ].filter(Boolean);
  const took = `${line['durationMilliseconds']} ms, WeCom ${line['upstreamMilliseconds']} ms`;
  const below = [`${line['route']} · ${status} · ${took}`, ids.join(' · ')];
  const lines = (text: string, todo: string | undefined) =>
    [text, ...(todo === undefined ? [] : [`→ ${todo}`]), ...below].join('\n');
  return { zh: lines(what.zh, remedy?.zh), en: lines(what.en, remedy?.en) };
}
