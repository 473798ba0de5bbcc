import {
  GetQueueUrlCommand,
  SendMessageBatchCommand,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs';
import { clientSettings, FUNCTION_LIMITS, refusalOf } from '../awsClient.ts';
import { systemClock } from '../clock.ts';

/*
 * Loaded with the first event, and bundled apart (esbuild.plugins.mjs), so that the cold start of a
 * function without an event to send does not load it. Its bundle has its own copies of the classes of
 * lib/errors.ts, which `instanceof` does not recognize elsewhere. So this file throws none of them.
 */

/**
 * @param bodies at most ten
 * @returns why SQS did not store all of them; nothing if it did
 */
export type SendMessages = (bodies: readonly string[]) => Promise<string | undefined>;

/**
 * @param queue its URL, or its name: then the URL is looked up once
 * @param settings of the client; default: those of a function
 */
export function createSendMessages(
  queue: string,
  settings: SQSClientConfig = clientSettings(FUNCTION_LIMITS, systemClock),
): SendMessages {
  // Otherwise the client logs a warning if a test's endpoint is not that of the queue's URL.
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
      // The reason, also of a ConfigurationError: see above.
      return refusalOf(error, client).catch(({ details }) => String(details?.reason));
    }
  };
}
