import { createReadStream, existsSync } from 'node:fs';
import { nameOf, personalSettings } from '../deployment/awsClients.ts';
import { refusalRemedy } from '../deployment/awsRemedy.ts';
import { LOCAL_PORT } from '../deployment/localStack.ts';
import { type Finding, unknown } from './finding.ts';
import type { Target } from './target.ts';

export type LogLine = Readonly<Record<string, unknown>>;

export interface LogQuery {
  readonly functionName: string;
  /** CloudWatch's filter pattern. It only narrows what is fetched. */
  readonly pattern: string;
  /** Milliseconds since the epoch, within the last hour. Default: an hour ago. */
  readonly since?: number | undefined;
  /** Decides which of the fetched lines are returned. */
  readonly wanted: (line: LogLine) => boolean;
}

/**
 * @returns lines of the last hour
 * @throws LogUnreadable
 */
export type ReadLog = (query: LogQuery) => Promise<LogLine[]>;

/** CloudWatch did not show the log. */
export class LogUnreadable extends Error {
  override readonly name = 'LogUnreadable';
  /** The name of AWS's error. */
  readonly reason: string;

  constructor(reason: string) {
    super(`The log cannot be read: ${reason}`);
    this.reason = reason;
  }
}

/** Reads the functions' log: the file that `npm start` writes, or CloudWatch. */
export function functionLog(target: Target, environment: NodeJS.ProcessEnv): ReadLog {
  return async (query) => {
    if (!target.local) return linesOf(await deployedLog(target, query)).filter(query.wanted);
    const found: LogLine[] = [];
    for await (const line of localLog(target, environment))
      if (query.wanted(line)) found.push(line);
    return found;
  };
}

/** Longer than any line of a function. */
const MAX_LINE_CHARACTERS = 1_000_000;

/**
 * Reads the log of `npm start`, which can be longer than the longest string: a part at a time.
 *
 * @returns its lines; none if there is no log
 */
export async function* localLog(
  target: Target,
  environment: NodeJS.ProcessEnv,
): AsyncGenerator<LogLine> {
  const company = environment['WECOM_APP_SECRET'] ? target.corpId : 'emulator';
  const file = `.local/${environment['PORT'] ?? LOCAL_PORT}/${company}/functions.log`;
  if (!existsSync(file)) return;
  let rest = '';
  for await (const part of createReadStream(file, 'utf8')) {
    const end = part.lastIndexOf('\n') + 1;
    if (end > 0) yield* linesOf(rest + part.slice(0, end));
    rest = end > 0 ? part.slice(end) : rest + part;
    if (rest.length > MAX_LINE_CHARACTERS) rest = '';
  }
  yield* linesOf(rest);
}

const HOUR_MS = 3_600_000;

async function deployedLog(
  target: Target,
  { functionName, pattern, since }: LogQuery,
): Promise<string> {
  const [{ CloudWatchLogsClient }, { filterLog, functionLogGroup }] = await Promise.all([
    import('@aws-sdk/client-cloudwatch-logs'),
    import('../deployment/cloudWatchLogs.ts'),
  ]);
  const client = new CloudWatchLogsClient(personalSettings(target.region));
  try {
    const { events } = await filterLog(client, {
      logGroupName: functionLogGroup(target.stage, functionName),
      filterPattern: pattern,
      startTime: since ?? Date.now() - HOUR_MS,
    });
    return events.map(({ message }) => message).join('\n');
  } catch (error) {
    throw new LogUnreadable(nameOf(error));
  } finally {
    client.destroy();
  }
}

/** Parses the JSON of each line; text before it is skipped, as are lines without JSON. */
export function linesOf(printed: string): LogLine[] {
  return printed.split('\n').flatMap((line) => {
    const at = line.indexOf('{');
    if (at < 0) return [];
    try {
      const parsed: unknown = JSON.parse(line.slice(at));
      return typeof parsed === 'object' && parsed !== null ? [parsed as LogLine] : [];
    } catch {
      return [];
    }
  });
}

/** A check that needs a log, which cannot be read. @throws any other error */
export function withoutLog(check: string, error: unknown, { stage }: Target): Finding {
  if (!(error instanceof LogUnreadable)) throw error;
  const { reason } = error;
  return unknown(
    check,
    { en: `works, but its log cannot be read: ${reason}`, zh: `可用，但无法读取其日志：${reason}` },
    refusalRemedy(reason, {
      en: `You need logs:FilterLogEvents on /aws/lambda/wecom-auth-${stage}-*.`,
      zh: `你需要 /aws/lambda/wecom-auth-${stage}-* 的 logs:FilterLogEvents 权限。`,
    }),
  );
}
