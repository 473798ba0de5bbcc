import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Bilingual } from '../../lib/bilingual.ts';
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
  const dates = datesOf(dynamoDb);
  await table.get(directoryKey(app.corpId));
  const time = Date.parse(dates.at(-1) ?? '');
  return Number.isNaN(time) ? undefined : time;
}

function datesOf({ middlewareStack }: DynamoDBClient): string[] {
  const dates: string[] = [];
  middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers: Record<string, string> };
      if (headers['date'] !== undefined) dates.push(headers['date']);
      return result;
    },
    { step: 'deserialize', name: 'dates' },
  );
  return dates;
}

/** How far this machine's clock is from DynamoDB's; 0 if they agree. */
export function differenceMs(own: number, service: number): number {
  return Math.abs(service - own) <= TOLERATED_MS ? 0 : service - own;
}

/** Tells the administrator that a wrong clock of this machine would count. */
export const UNKNOWN_TIME: Bilingual = {
  zh: 'DynamoDB 的响应没有可读的时间（Date）：使用本机时间。请确认本机时钟准确，并检查中间是否有代理。',
  en: "DynamoDB's response has no readable Date: this machine's time is used. Make sure that its clock is right, and look for a proxy in between.",
};

/** @param milliseconds how far AWS's clock is ahead of this machine's */
export function clockWarning(milliseconds: number): Bilingual {
  const seconds = Math.round(Math.abs(milliseconds) / 1_000);
  const isAhead = milliseconds < 0;
  return {
    zh: `本机时钟比 AWS ${isAhead ? '快' : '慢'} ${seconds} 秒：已改用 AWS 的时间。请校准本机时钟。`,
    en: `This machine's clock is ${seconds} s ${isAhead ? 'ahead of' : 'behind'} AWS's: AWS's time is used. Set the clock of this machine.`,
  };
}
