import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Bilingual } from '../../lib/bilingual.ts';
import type { TimeSource } from '../../lib/clock.ts';
import { directoryKey } from '../../lib/tableKeys.ts';
import type { Stage } from './stage.ts';

/** A smaller difference is ignored: a Date header has whole seconds, and a request takes time. */
const TOLERATED_MS = 2_000;

/**
 * DynamoDB's time, by the Date header of a response. To whom a grant belongs depends on whether it is
 * older than an event of WeCom (lib/permissions/placement.ts), so a command must not use a wrong clock.
 * AWS's client corrects a wrong clock silently, and for its signatures only.
 *
 * @returns milliseconds since the epoch; nothing if the response has no readable Date
 * @throws StoreUnavailable, ConfigurationError
 */
export async function timeOfDynamoDb({ dynamoDb, table, app }: Stage): Promise<number | undefined> {
  const latest = timeOf(dynamoDb);
  await table.get(directoryKey(app.corpId));
  return latest();
}

/**
 * The time of a service, by the Date headers of its responses to a client, refusals included.
 *
 * @returns a function that returns the time of the latest response in milliseconds since the epoch;
 *   nothing if that had no readable Date. Call it as soon as the response is there
 */
export function timeOf(client: DynamoDBClient | SSMClient): () => number | undefined {
  let latest = Number.NaN;
  // Both clients take it. The union of their types has no signature that could be called.
  const { middlewareStack } = client as DynamoDBClient;
  middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers: Record<string, string> };
      latest = Date.parse(headers['date'] ?? '');
      return result;
    },
    // Before the middleware that throws for a refusal.
    { step: 'deserialize', name: 'dates', priority: 'low' },
  );
  return () => (Number.isNaN(latest) ? undefined : latest);
}

/**
 * This machine's clock, set right by a service's time. A difference is told, and so is an unknown time.
 *
 * @param time the service's, of a response that has just come
 * @param now this machine's clock
 */
export function correctedClock(
  time: number | undefined,
  now: () => number,
  warn: (text: Bilingual) => void,
): TimeSource {
  const offsetMs = time === undefined ? 0 : differenceMs(now(), time);
  if (time === undefined) warn(UNKNOWN_TIME);
  if (offsetMs !== 0) warn(clockWarning(offsetMs));
  return { now: () => now() + offsetMs };
}

/** How far this machine's clock is from a service's; 0 if they agree. */
export function differenceMs(own: number, service: number): number {
  return Math.abs(service - own) <= TOLERATED_MS ? 0 : service - own;
}

/** Tells that a wrong clock of this machine would count. */
const UNKNOWN_TIME: Bilingual = {
  zh: 'AWS 的响应没有可读的时间（Date）：使用本机时间。请确认本机时钟准确，并检查中间是否有代理。',
  en: "AWS's response has no readable Date: this machine's time is used. Make sure that its clock is right, and look for a proxy in between.",
};

/** @param milliseconds how far AWS's clock is ahead of this machine's */
function clockWarning(milliseconds: number): Bilingual {
  const seconds = Math.round(Math.abs(milliseconds) / 1_000);
  const isAhead = milliseconds < 0;
  return {
    zh: `本机时钟比 AWS ${isAhead ? '快' : '慢'} ${seconds} 秒：已改用 AWS 的时间。请校准本机时钟。`,
    en: `This machine's clock is ${seconds} s ${isAhead ? 'ahead of' : 'behind'} AWS's: AWS's time is used. Set the clock of this machine.`,
  };
}
