import type { Context, SQSBatchResponse } from 'aws-lambda';
import { wirePublishEvents } from '../lib/app/publishEvents.ts';
import { errorAnswer } from '../lib/http/errorAnswers.ts';
import { beginInvocation } from '../lib/http/lambdaInvocation.ts';
import { createLog } from '../lib/log/log.ts';

/**
 * Puts events on the company's event bus. SQS invokes it with up to ten messages; no route does.
 * The messages that it returns are delivered again, and in the end become dead letters.
 */
export function createHandler(environment: NodeJS.ProcessEnv) {
  const { publish } = wirePublishEvents(environment);

  return async function handler(event: unknown, context: Context): Promise<SQSBatchResponse> {
    const log = createLog({
      requestId: context.awsRequestId,
      function: 'publishEvents',
      stage: environment['STAGE'],
    });
    const { close } = beginInvocation(context, log, { environment, closingMs: 0 });
    const fail = (error: unknown) => {
      const { fault } = errorAnswer(error, { failureMessage: '' });
      return close({ status: 500, fault, error });
    };
    try {
      const { count, failed, error } = await publish(event);
      // The numbers alone: events hold mobiles and e-mails.
      log.info('Events published', { events: count, failed: failed.length });
      await (error ? fail(error) : close({ status: 200, fault: 'none', error }));
      return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
    } catch (error) {
      await fail(error);
      // Thrown so that SQS delivers all messages again. The text appears nowhere else.
      throw new Error('The events were not published');
    }
  };
}

export const handler = createHandler(process.env);
