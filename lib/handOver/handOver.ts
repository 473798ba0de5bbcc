import type { LambdaClient, LambdaClientConfig } from '@aws-sdk/client-lambda';
import { clientSettings, FUNCTION_LIMITS, refusalOf } from '../awsClient.ts';
import type { Clock } from '../clock.ts';
import { HandOverFailed } from '../errors.ts';

/**
 * Invokes a function asynchronously. When it resolves, AWS Lambda has accepted the work: it runs the
 * function, retries twice if that fails, and then keeps the event as a dead letter.
 *
 * @param work the function's event
 * @throws HandOverFailed if the work may not have been accepted
 * @throws ConfigurationError if the client could not send anything
 */
export type HandOver = (work: object) => Promise<void>;

/**
 * Hands work over to a function. The client is loaded with the first work, so that a cold start does
 * not load it.
 *
 * @param functionName as in the stack
 * @param settings of the client; default: those of a function
 */
export function createHandOver(
  functionName: string,
  clock: Clock,
  settings?: LambdaClientConfig,
): HandOver {
  let client: LambdaClient | undefined;

  return async function handOver(work) {
    const lambda = await import('@aws-sdk/client-lambda');
    client ??= new lambda.LambdaClient(settings ?? clientSettings(FUNCTION_LIMITS, clock));
    const command = new lambda.InvokeCommand({
      FunctionName: functionName,
      InvocationType: 'Event',
      Payload: JSON.stringify(work),
    });
    try {
      await client.send(command);
    } catch (error) {
      throw new HandOverFailed('AWS Lambda did not accept the work', {
        invoked: functionName,
        reason: await refusalOf(error, client),
      });
    }
  };
}
