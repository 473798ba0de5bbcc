import type { LambdaClient, LambdaClientConfig } from '@aws-sdk/client-lambda';
import { clientSettings, FUNCTION_LIMITS, refusalOf } from '../awsClient.ts';
import type { Clock } from '../clock.ts';
import { HandOverFailed } from '../errors.ts';

/**
 * Invokes a function asynchronously. When it resolves, AWS has accepted the work: it runs the function,
 * retries twice if it fails, and then keeps the event as a dead letter.
 *
 * @param work the function's event
 * @throws HandOverFailed when it is not known whether the work was accepted; ConfigurationError
 */
export type HandOver = (work: object) => Promise<void>;

/**
 * By AWS Lambda's asynchronous invocation. The client is loaded with the first work, so a callback
 * that hands nothing over does not pay for it.
 *
 * @param functionName as the stack names it
 * @param settings of the client; absent: a function's
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
