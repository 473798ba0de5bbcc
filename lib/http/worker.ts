import type { Context } from 'aws-lambda';
import type { Details } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { createLog } from '../log/log.ts';
import { errorAnswer } from './errorAnswers.ts';
import { beginInvocation } from './lambdaInvocation.ts';

/** A Lambda handler that another function or a command invokes asynchronously; see `HandOver`. */
export type Worker = (event: unknown, context: Context) => Promise<void>;

export interface WorkerOptions {
  /** The function's name, for the log. */
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  /** What the log says when the work is done. */
  readonly done: string;
  /** The only text of an error that AWS sees. */
  readonly failed: string;
}

/** What is left of the Lambda's time for the log. */
const CLOSING_MS = 500;

/**
 * Makes a Lambda handler of a piece of work that no route reaches. It throws if the work fails, so
 * that AWS runs it again, twice at most, and then keeps its event as a dead letter.
 *
 * @param work gets the event as it came; returns what the log says about it
 */
export function worker(
  { name, environment, done, failed }: WorkerOptions,
  work: (event: unknown, invocation: Invocation) => Promise<Details>,
): Worker {
  return async function handler(event, context) {
    const requestId = context.awsRequestId;
    const log = createLog({ requestId, function: name, stage: environment['STAGE'] });
    const { invocation, finish, close } = beginInvocation(context, log, {
      environment,
      closingMs: CLOSING_MS,
    });
    try {
      log.info(done, await work(event, invocation));
      await finish();
    } catch (error) {
      const { fault } = errorAnswer(error, { failureMessage: '' });
      await close({ status: 500, fault, error });
      throw new Error(failed);
    }
    await close({ status: 200, fault: 'none', error: undefined });
  };
}
