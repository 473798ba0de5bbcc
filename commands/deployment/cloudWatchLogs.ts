import {
  type CloudWatchLogsClient,
  type FilterLogEventsCommandInput,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { nameOf } from './awsClients.ts';

/** An event of a log group. */
export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly message: string;
}

/** A page ends after 1 MB or 10 000 events, or when CloudWatch has searched for a while; it may be empty. */
const MAX_PAGES = 50;

export function functionLogGroup(stage: string, functionName: string): string {
  return `/aws/lambda/wecom-auth-${stage}-${functionName}`;
}

/**
 * Reads what matches in one log group. A function that never ran has no log group, and no events.
 *
 * @param until milliseconds since the epoch: no page is requested after it
 * @returns `isComplete`: whether the log was read to its last page
 * @throws the SDK's error
 */
export async function filterLog(
  client: CloudWatchLogsClient,
  query: FilterLogEventsCommandInput,
  until = Number.POSITIVE_INFINITY,
): Promise<{ readonly events: readonly LogEvent[]; readonly isComplete: boolean }> {
  const events: LogEvent[] = [];
  let pages = 0;
  try {
    for await (const page of paginateFilterLogEvents({ client }, query)) {
      for (const { timestamp = 0, message = '' } of page.events ?? []) {
        events.push({ at: timestamp, message });
      }
      pages += 1;
      const hasMore = page.nextToken !== undefined;
      if (hasMore && (pages === MAX_PAGES || Date.now() >= until)) {
        return { events, isComplete: false };
      }
    }
  } catch (error) {
    if (nameOf(error) !== 'ResourceNotFoundException') throw error;
  }
  return { events, isComplete: true };
}
