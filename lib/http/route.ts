import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type { Invocation } from '../invocation.ts';
import { createLog } from '../log/log.ts';
import { type Answer, failure } from './answer.ts';
import { createBackground } from './background.ts';
import { callerErrorAnswer } from './callerErrorAnswer.ts';
import { describe, writeClosingLine } from './closingLine.ts';

export type Handler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

export interface RouteOptions {
  /** The function's name, for the log. */
  readonly name: string;
  /** What the caller is told, in Chinese, when something failed that is not its business. */
  readonly failureMessage: string;
  /** Answers for errors that are this route's own business; nothing for all others. */
  readonly errorAnswer?: (error: unknown, failureMessage: string) => Answer | undefined;
}

/** Left of the Lambda's time for the answer itself and the log. */
const ANSWER_MILLISECONDS = 300;

/**
 * Makes a Lambda handler of a piece of work: gives it its invocation, turns every error into a
 * stable answer, finishes what runs in the background, and writes one closing log line.
 */
export function route(
  options: RouteOptions,
  work: (event: APIGatewayProxyEventV2, invocation: Invocation) => Promise<Answer>,
): Handler {
  return async function handler(event, context) {
    const start = Date.now();
    const requestId = context.awsRequestId;
    const log = createLog({
      requestId,
      function: options.name,
      route: event.routeKey,
      stage: process.env['STAGE'],
    });
    let upstreamMilliseconds = 0;
    const deadline = start + context.getRemainingTimeInMillis() - ANSWER_MILLISECONDS;
    const background = createBackground(deadline, (error) =>
      log.warn('Background work failed', describe(error)),
    );
    const invocation: Invocation = {
      requestId,
      deadline,
      log,
      waitedForWecom: (milliseconds) => {
        upstreamMilliseconds += milliseconds;
      },
      waitUntil: background.add,
    };

    let answer: Answer;
    let trouble: unknown;
    try {
      answer = await work(event, invocation);
    } catch (error) {
      trouble = error;
      answer =
        callerErrorAnswer(error) ??
        options.errorAnswer?.(error, options.failureMessage) ??
        failure(500, -1, options.failureMessage);
    }
    await background.finish();
    writeClosingLine(log, {
      status: answer.status,
      trouble,
      upstreamMilliseconds,
      durationMilliseconds: Date.now() - start,
    });
    return {
      statusCode: answer.status,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-request-id': requestId,
        ...answer.headers,
      },
      body: typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body),
    };
  };
}
