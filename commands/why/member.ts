import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { reason } from '../../lib/administration/explanation.ts';
import type { Bilingual } from '../../lib/bilingual.ts';
import { systemClock } from '../../lib/clock.ts';
import { createTable } from '../../lib/dynamodb/table.ts';
import { ConfigurationError, StoreUnavailable } from '../../lib/errors.ts';
import { memberPseudonym } from '../../lib/log/pseudonym.ts';
import type { Decision } from '../../lib/permissions/evaluate.ts';
import { ACCESS } from '../../lib/permissions/permissionName.ts';
import { EXIT } from '../administration/exit.ts';
import { personalSettings } from '../deployment/awsClients.ts';
import { hasProvider } from '../deployment/openidProvider.ts';
import type { LogLine } from '../doctor/functionLog.ts';
import { decide } from '../permissions/explain.ts';
import { readLogKey } from './logKey.ts';
import { type Period, periodOf, showPeriod, showTime } from './period.ts';
import { ACCESS_LOG, type LogEvent } from './searchLog.ts';
import { type Story, storyOf } from './story.ts';
import { findUnanswered, unansweredText } from './unanswered.ts';
import { onStage, shownFields, type Work, warnIncomplete } from './work.ts';

/** More are a program that polls. */
const MAX_SHOWN = 40;

interface Question {
  /** Folded. */
  readonly userid: string;
  readonly at: number | undefined;
}

/**
 * Tells what the log has about a member, what failed at that time with nobody known, and what
 * `permissions explain` says now, if it is something else.
 *
 * @returns the exit code
 * @throws ExitError, the SDK's error
 */
export async function aboutMember({ userid, at }: Question, work: Work): Promise<number> {
  const { options, target, say, print, now } = work;
  const period = periodOf(at, now, 1);
  const pseudonym = memberPseudonym(await readLogKey(target), target.corpId, userid);
  const [own, unknown, gateway] = await searchLogs(pseudonym, period, work);
  const without = gateway.events.filter((event) => !hasFunction(event));
  const unanswered = await findUnanswered(gateway.events.filter(hasFunction), period, work);
  const decided = own.events.findLast(({ line }) => line['decision'] !== undefined)?.line;
  const current = await currentDecision(userid, decided, work);
  const subject = `user:${userid}`;
  const isComplete = [own, unknown, gateway, unanswered].every((found) => found.isComplete);
  if (options.json) {
    const shown = ({ at: time, line }: LogEvent) => shownFields(time, line);
    const answer = {
      subject,
      stage: options.stage,
      from: new Date(period.from).toISOString(),
      to: new Date(period.to).toISOString(),
      isComplete,
      requests: own.events.map(shown),
      unknown: [...unknown.events, ...without].map(shown),
      unanswered: unanswered.events.map(shown),
      ...(current && { now: currentJson(current) }),
    };
    print(JSON.stringify(answer, null, 2));
  } else {
    const explain = (permission: string) =>
      `npm run permissions -- explain ${subject} ${permission}${onStage(options)}`;
    print(`${subject} · ${options.stage} · ${showPeriod(period)}`);
    print(`\n${say(ownText(own.events, subject, period, explain))}`);
    const others = othersText(unknown.events, without, period);
    if (others) print(`\n${say(others)}`);
    const nobody = unansweredText(unanswered.events, period);
    if (nobody) print(`\n${say(nobody)}`);
    if (current) print(`\n${say(currentText(subject, current))}`);
  }
  if (!isComplete) warnIncomplete(work);
  const all = [own.events, unknown.events, without, unanswered.events];
  return all.every((events) => events.length === 0) ? EXIT.no : EXIT.done;
}

/** Of a line of the access log: whether a function was called. */
function hasFunction({ line }: LogEvent): boolean {
  return line['functionRequestId'] !== '-';
}

/**
 * @returns requests about the member, those that failed with nobody known, and lines of the access log:
 *   of requests that reached no function, and of those with a status of 5xx
 */
function searchLogs(pseudonym: string, period: Period, { target, search }: Work) {
  const provider = hasProvider(target.parameters);
  return Promise.all([
    search({
      logs: ['getUserInfo', 'verify', 'callback', ...(provider ? ['openid', 'openidToken'] : [])],
      period,
      pattern: `{ $.member = "${pseudonym}" }`,
      wanted: ({ member }) => member === pseudonym,
    }),
    search({
      logs: ['authorize', 'getUserInfo', ...(provider ? ['openid'] : [])],
      period,
      pattern: '{ $.member NOT EXISTS && ($.outcome = "refused" || $.outcome = "failed") }',
      // The page that refuses somebody repeats the decision of the request before it, which has the member.
      wanted: ({ member, outcome, route }) =>
        member === undefined &&
        (outcome === 'refused' || outcome === 'failed') &&
        !/ \/oauth2\/refused\//.test(String(route)),
    }),
    search({
      logs: [ACCESS_LOG],
      period,
      pattern: '{ $.functionRequestId = "-" || $.status = "5*" }',
      wanted: ({ functionRequestId, status }) =>
        functionRequestId === '-' || /^5\d\d$/.test(String(status)),
    }),
  ]);
}

interface Current {
  readonly permission: string;
  readonly decision: Decision;
  readonly why: Bilingual;
}

/** @returns nothing if it is what the log says last, or if the table does not answer */
async function currentDecision(
  userid: string,
  last: LogLine | undefined,
  { target, say, warn, now }: Work,
): Promise<Current | undefined> {
  const permission = String(last?.['permission'] ?? ACCESS);
  const dynamoDb = new DynamoDBClient(personalSettings(target.region));
  const table = createTable(dynamoDb, target.table('permissions'), systemClock);
  try {
    const { decision, facts } = await decide(
      userid,
      permission,
      { table, app: target },
      { ...systemClock, now: () => now },
    );
    const { authorized, reason: code } = decision;
    if (last?.['authorized'] === authorized && last['decision'] === code) return undefined;
    return { permission, decision, why: reason(decision, facts) };
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof ConfigurationError)) throw error;
    const why = String(error.details['reason'] ?? error.code);
    warn(
      say({
        zh: `无法读取权限表，因此没有现在的结果：${why}${target.local ? '。本机环境要先运行 npm start。' : ''}`,
        en: `The permission table could not be read, so it is not known what holds now: ${why}${target.local ? '. The local stage needs npm start first.' : ''}`,
      }),
    );
    return undefined;
  } finally {
    dynamoDb.destroy();
  }
}

function currentJson({ permission, decision: { authorized, reason: decision } }: Current) {
  return { permission, authorized, decision };
}

function currentText(subject: string, { permission, decision, why }: Current): Bilingual {
  if (decision.reason === 'unknown-member' || decision.reason === 'member-unreadable')
    return { zh: `现在：${why.zh}。`, en: `Now: ${why.en}.` };
  return decision.authorized
    ? {
        zh: `现在：${subject} 可以使用 ${permission}：${why.zh}。`,
        en: `Now ${subject} may use ${permission}: ${why.en}.`,
      }
    : {
        zh: `现在：${subject} 不可以使用 ${permission}：${why.zh}。`,
        en: `Now ${subject} may not use ${permission}: ${why.en}.`,
      };
}

/** Requests with the same end, one after the other. */
interface Repeated {
  readonly story: Story;
  readonly first: LogEvent;
  last: LogEvent;
  count: number;
}

function ownText(
  events: readonly LogEvent[],
  subject: string,
  period: Period,
  explain: (permission: string) => string,
): Bilingual {
  if (events.length === 0) {
    return {
      zh: `这段时间的日志中没有关于 ${subject} 的请求。`,
      en: `The log has no request about ${subject} in this time.`,
    };
  }
  const all: Repeated[] = [];
  for (const event of events) {
    const story = storyOf(event.line, explain);
    const previous = all.at(-1);
    if (previous?.story.what.en === story.what.en) {
      previous.last = event;
      previous.count += 1;
    } else all.push({ story, first: event, last: event, count: 1 });
  }
  const shown = all.slice(-MAX_SHOWN);
  const omitted = all.length - shown.length;
  const texts = shown.map((each) => repeatedText(each, period));
  const head = omitted > 0 ? [omittedText(omitted)] : [];
  const whole = [...head, ...texts];
  return {
    zh: whole.map(({ zh }) => zh).join('\n'),
    en: whole.map(({ en }) => en).join('\n'),
  };
}

function omittedText(count: number): Bilingual {
  return {
    zh: `（较早的 ${count} 项未列出，--json 列出全部）`,
    en: `(${count} earlier ones are left out; --json has all)`,
  };
}

function repeatedText({ story, first, last, count }: Repeated, period: Period): Bilingual {
  const indent = ' '.repeat(showTime(first.at, period).length + 2);
  const until = showTime(last.at, period);
  const isFailure = last.line['outcome'] !== 'success' || last.line['authorized'] === false;
  const below = (arrow: string | undefined) => [
    ...(arrow === undefined ? [] : [`${indent}→ ${arrow}`]),
    ...(isFailure ? [`${indent}x-request-id ${last.line['requestId']}`] : []),
  ];
  const times: Bilingual =
    count === 1
      ? { zh: '', en: '' }
      : { zh: `（共 ${count} 次，至 ${until}）`, en: ` (${count} times, until ${until})` };
  const head = `${showTime(first.at, period)}  `;
  return {
    zh: [`${head}${story.what.zh}${times.zh}`, ...below(story.remedy?.zh)].join('\n'),
    en: [`${head}${story.what.en}${times.en}`, ...below(story.remedy?.en)].join('\n'),
  };
}

/** What failed with nobody known, by its reason; the most frequent first. */
function othersText(
  unknown: readonly LogEvent[],
  gateway: readonly LogEvent[],
  period: Period,
): Bilingual | undefined {
  const byReason = new Map<string, { story: Story; events: LogEvent[] }>();
  const add = (story: Story, event: LogEvent) => {
    const known = byReason.get(story.what.en);
    if (known) known.events.push(event);
    else byReason.set(story.what.en, { story, events: [event] });
  };
  for (const event of unknown)
    add(
      storyOf(event.line, () => ''),
      event,
    );
  for (const event of gateway) add({ what: gatewayAnswer(event.line) }, event);
  if (byReason.size === 0) return undefined;
  const groups = [...byReason.values()].sort((a, b) => b.events.length - a.events.length);
  const lines = groups.flatMap(({ story, events }) => {
    const [first, last] = [events[0], events.at(-1)].map((each) => showTime(each?.at ?? 0, period));
    const when = first === last ? first : `${first} – ${last}`;
    const count = `${events.length} ×`.padStart(6);
    const what = {
      zh: `${count}  ${story.what.zh}（${when}）`,
      en: `${count}  ${story.what.en} (${when})`,
    };
    const { remedy } = story;
    return remedy ? [what, { zh: `        → ${remedy.zh}`, en: `        → ${remedy.en}` }] : [what];
  });
  return {
    zh: [
      '失败时还不知道是谁的登录，其中可能有此人的，也可能没有：',
      ...lines.map(({ zh }) => zh),
    ].join('\n'),
    en: [
      "Sign-ins that failed before it was known whose they were. Some may be this member's, or none:",
      ...lines.map(({ en }) => en),
    ].join('\n'),
  };
}

/** @param line of the access log, of a request that reached no function */
export function gatewayAnswer({ status }: LogLine): Bilingual {
  const tooMany = String(status) === '429';
  return {
    zh: `API Gateway 自行返回了 ${status}${tooMany ? '（请求过多）' : ''}，没有运行函数。`,
    en: `API Gateway itself answered ${status}${tooMany ? ' (too many requests)' : ''}; no function ran.`,
  };
}
