import type { Context } from 'aws-lambda';
import type { Details } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { createLog } from '../log/log.ts';
import { Background } from './background.ts';
import { errorAnswer, type RequestFault } from './errorAnswers.ts';
import { createNotes, traceIdOf } from './notes.ts';
import { describe, logOutcome } from './requestOutcome.ts';

/** A Lambda handler that another function invokes asynchronously; see `HandOver`. */
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
    const start = Date.now();
    const requestId = context.awsRequestId;
    const log = createLog({ requestId, function: name, stage: environment['STAGE'] });
    const { facts, note, noteMember } = createNotes(environment, { traceId: traceIdOf() });
    let upstreamMilliseconds = 0;
    const background = new Background((error) =>
      log.warn('Background work failed', describe(error)),
    );
    const invocation: Invocation = {
      requestId,
      deadline: start + context.getRemainingTimeInMillis() - CLOSING_MS,
      log,
      waitedForWecom: (milliseconds) => {
        upstreamMilliseconds += milliseconds;
      },
      note,
      noteMember,
      waitUntil: (promise) => background.add(promise),
    };
    const close = (status: number, fault: RequestFault, error?: unknown) =>
      logOutcome(log, {
        status,
        fault,
        error,
        upstreamMilliseconds,
        durationMilliseconds: Date.now() - start,
        facts,
      });
    try {
      log.info(done, await work(event, invocation));
      await background.finish(invocation.deadline);
    } catch (error) {
      close(500, errorAnswer(error, { failureMessage: '' }).fault, error);
      throw new Error(failed);
    }
    close(200, 'none');
  };
}
