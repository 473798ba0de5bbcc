import type { Context } from 'aws-lambda';
import { wirePersonChanges } from '../lib/app/personChanges.ts';
import { errorAnswer } from '../lib/http/errorAnswers.ts';
import { logOutcome } from '../lib/http/requestOutcome.ts';
import { createLog } from '../lib/log/log.ts';

/**
 * Suspends and moves the grants of members who were deleted, created or renamed in WeCom's directory.
 * `callback` invokes it asynchronously; no route does. AWS retries a failed invocation twice and then
 * keeps its event as a dead letter. The members are refused until the work is done.
 */
export function createHandler(environment: NodeJS.ProcessEnv) {
  const { settle } = wirePersonChanges(environment);

  return async function handler(event: unknown, context: Context): Promise<void> {
    const start = Date.now();
    const log = createLog({
      requestId: context.awsRequestId,
      function: 'personChanges',
      stage: environment['STAGE'],
    });
    const outcome = (status: number, fault: 'none' | ReturnType<typeof faultOf>, error?: unknown) =>
      logOutcome(log, {
        status,
        fault,
        error,
        upstreamMilliseconds: 0,
        durationMilliseconds: Date.now() - start,
      });
    try {
      log.info('Grants settled', { ...(await settle(event)) });
    } catch (error) {
      outcome(500, faultOf(error), error);
      // Thrown so that AWS retries. The text appears nowhere else.
      throw new Error('The grants were not settled');
    }
    outcome(200, 'none');
  };
}

function faultOf(error: unknown) {
  return errorAnswer(error, { failureMessage: '' }).fault;
}

export const handler = createHandler(process.env);
