import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  type FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { personalSettings } from '../deployment/awsClients.ts';
import { type LogLine, linesOf, localLog } from '../doctor/functionLog.ts';
import type { Target } from '../doctor/target.ts';
import type { Period } from './period.ts';

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
    const events = linesOf(localLog(target, environment))
      .map((line) => ({ at: Date.parse(String(line['time'])), line }))
      .filter(({ at, line }) => at >= from && at <= to && logs.includes(String(line['function'])))
      .filter(({ line }) => wanted(line));
    return { events, isComplete: true };
  };
}

/** A page ends after 1 MB or 10 000 lines, or when CloudWatch has searched for a while. */
const MAX_PAGES = 50;
const TIMEOUT_MS = 60_000;

function searchDeployed({ stage, region }: Target): SearchLog {
  // FilterLogEvents allows a few requests a second for an account.
  const client = new CloudWatchLogsClient({ ...personalSettings(region), maxAttempts: 5 });
  return async ({ logs, period, pattern, wanted }) => {
    const until = Date.now() + TIMEOUT_MS;
    const found = await Promise.all(
      logs.map((log) => readPages(client, groupOf(log, stage), { period, pattern, until })),
    );
    const events = found
      .flatMap((each) => each.events)
      .filter(({ line }) => wanted(line))
      .sort((one, other) => one.at - other.at);
    return { events, isComplete: found.every((each) => each.isComplete) };
  };
}

function groupOf(log: string, stage: string): string {
  if (log === ACCESS_LOG) return `/aws/http-api/wecom-auth-${stage}`;
  return `/aws/lambda/wecom-auth-${stage}-${log}`;
}

type Page = Pick<FilterLogEventsCommandOutput, 'events' | 'nextToken'>;

async function readPages(
  client: CloudWatchLogsClient,
  logGroupName: string,
  search: { readonly period: Period; readonly pattern: string; readonly until: number },
): Promise<Found> {
  const { period, pattern: filterPattern, until } = search;
  const query = { logGroupName, filterPattern, startTime: period.from, endTime: period.to };
  const events: LogEvent[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES && Date.now() < until; page += 1) {
    const answer: Page = await client
      .send(new FilterLogEventsCommand({ ...query, nextToken }))
      .catch((error: unknown) => {
        // A function that never ran has no log.
        if (error instanceof Error && error.name === 'ResourceNotFoundException') return {};
        throw error;
      });
    for (const { timestamp = 0, message = '' } of answer.events ?? []) {
      for (const line of linesOf(message)) events.push({ at: timestamp, line });
    }
    nextToken = answer.nextToken;
    if (nextToken === undefined) return { events, isComplete: true };
  }
  return { events, isComplete: false };
}
