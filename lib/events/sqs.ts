import {
  GetQueueUrlCommand,
  SendMessageBatchCommand,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs';
import { clientSettings, FUNCTION_LIMITS, refusalOf } from '../awsClient.ts';
import { systemClock } from '../clock.ts';

/*
 * Loaded with the first event, and bundled apart from all else (esbuild.plugins.mjs): a cold start of a
 * function that has no event to send loads nothing of it. So this file throws no error of lib/errors.ts,
 * whose classes are others here.
 */

/**
 * @param bodies at most ten
 * @returns why SQS did not store all of them; nothing if it did
 */
export type SendMessages = (bodies: readonly string[]) => Promise<string | undefined>;

/**
 * @param queue its URL, or its name, whose URL is then looked up once
 * @param settings of the client; default: those of a function
 */
export function createSendMessages(
  queue: string,
  settings: SQSClientConfig = clientSettings(FUNCTION_LIMITS, systemClock),
): SendMessages {
  // Otherwise it writes into the log that the endpoint of a test is another one.
  const client = new SQSClient({ ...settings, useQueueUrlAsEndpoint: false });
  let url = queue.includes('/') ? queue : undefined;

  return async function sendMessages(bodies) {
    const Entries = bodies.map((MessageBody, at) => ({ Id: String(at), MessageBody }));
    try {
      url ??= (await client.send(new GetQueueUrlCommand({ QueueName: queue }))).QueueUrl;
      const command = new SendMessageBatchCommand({ QueueUrl: url, Entries });
      const { Successful = [], Failed = [] } = await client.send(command);
      if (Successful.length === bodies.length) return undefined;
      return /^[\w.]{1,80}$/.exec(Failed[0]?.Code ?? '')?.[0] ?? 'unknown';
    } catch (error) {
      return refusalOf(error, client).catch(({ details }) => String(details?.reason));
    }
  };
}
