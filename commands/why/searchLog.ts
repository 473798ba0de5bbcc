import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { personalSettings } from '../deployment/awsClients.ts';
import { filterLog, functionLogGroup } from '../deployment/cloudWatchLogs.ts';
import { type LogLine, linesOf, localLog } from '../doctor/functionLog.ts';
import type { Target } from '../doctor/target.ts';
import type { Period } from './period.ts';
import { platformLine } from './platformLine.ts';

/** API Gateway's access log, among the logs of functions. */
export const ACCESS_LOG = 'access log';

export interface LogQuery {
  /** Names of functions, or ACCESS_LOG. */
  readonly logs: readonly string[];
  readonly period: Period;
  /** CloudWatch's filter pattern. It narrows what is fetched. */
  readonly pattern: string;
  /** The same as a function, because the local log has no patterns. */
  readonly wanted: (line: LogLine) => boolean;
}

export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly line: LogLine;
}

export interface Found {
  /** The oldest first. */
  readonly events: readonly LogEvent[];
  /** Whether the logs were searched to their ends. */
  readonly isComplete: boolean;
}

/** @throws the SDK's error */
export type SearchLog = (query: LogQuery) => Promise<Found>;

/** Searches the file that `npm start` writes, or CloudWatch Logs. */
export function openLog(target: Target, environment: NodeJS.ProcessEnv): SearchLog {
  return target.local ? searchLocal(target, environment) : searchDeployed(target);
}

function searchLocal(target: Target, environment: NodeJS.ProcessEnv): SearchLog {
  return async ({ logs, period: { from, to }, wanted }) => {
    const events: LogEvent[] = [];
    // The local stack has no access log.
    if (logs.every((log) => log === ACCESS_LOG)) return { events, isComplete: true };
    for await (const line of localLog(target, environment)) {
      const at = Date.parse(String(line['time']));
      const isIn = at >= from && at <= to && logs.includes(String(line['function']));
      if (isIn && wanted(line)) events.push({ at, line });
    }
    return { events, isComplete: true };
  };
}

const TIMEOUT_MS = 60_000;

function searchDeployed({ stage, region }: Target): SearchLog {
  // FilterLogEvents allows a few requests a second for an account.
  const client = new CloudWatchLogsClient({ ...personalSettings(region), maxAttempts: 5 });
  return async ({ logs, period: { from: startTime, to: endTime }, pattern, wanted }) => {
    const until = Date.now() + TIMEOUT_MS;
    const read = (log: string) => {
      const logGroupName = groupOf(log, stage);
      return filterLog(client, { logGroupName, filterPattern: pattern, startTime, endTime }, until);
    };
    const found = await Promise.all(logs.map(read));
    const events = found
      .flatMap((each, index) => each.events.map((event) => ({ ...event, log: logs[index] ?? '' })))
      .flatMap(({ at, message, log }) =>
        [...linesOf(message), ...platformLine(message, log)].map((line) => ({ at, line })),
      )
      .filter(({ line }) => wanted(line))
      .sort((one, other) => one.at - other.at);
    return { events, isComplete: found.every((each) => each.isComplete) };
  };
}

function groupOf(log: string, stage: string): string {
  return log === ACCESS_LOG ? `/aws/http-api/wecom-auth-${stage}` : functionLogGroup(stage, log);
}
