import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Invocation } from '../invocation.ts';
import { createLog } from '../log/log.ts';
import { words } from '../words.ts';
import type { Answer } from './answer.ts';
import { Background } from './background.ts';
import { corsHeaders } from './cors.ts';
import { type ErrorAnswer, type ErrorWording, errorAnswer } from './errorAnswers.ts';
import { createNotes, traceIdOf } from './notes.ts';
import { type HttpRequest, readRequest } from './request.ts';
import { describe, logOutcome } from './requestOutcome.ts';

/** A Lambda handler for API Gateway's HTTP API, payload format 2.0. */
export type Handler = (
  event: unknown,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

export interface RouteOptions extends ErrorWording {
  /** The function's name, for the log. */
  readonly name: string;
  /** Of the function: STAGE, LOG_KEY and WECOM_CORP_ID for the log, CORS_ORIGINS. */
  readonly environment: NodeJS.ProcessEnv;
  /** What a browser shows for an error; absent: the error as JSON. */
  readonly errorPage?: (
    request: HttpRequest,
    answer: ErrorAnswer,
    requestId: string,
  ) => Pick<Answer, 'headers' | 'body'>;
}

/** What is left of the Lambda's time for the answer itself and the log. */
const ANSWER_MS = 300;

/**
 * Makes a Lambda handler of a piece of work: passes it the request and its invocation, turns every
 * error into a stable answer, adds CORS, waits for background work, and writes one closing log line.
 */
export function route(
  options: RouteOptions,
  work: (request: HttpRequest, invocation: Invocation) => Promise<Answer>,
): Handler {
  const stage = options.environment['STAGE'];
  const origins = words(options.environment['CORS_ORIGINS']);

  return async function handler(event, context) {
    const start = Date.now();
    const requestId = context.awsRequestId;
    const request = readRequest(event);
    const log = createLog({ requestId, function: options.name, route: request.route, stage });
    const { facts, note, noteMember } = createNotes(options.environment, {
      gatewayRequestId: request.gatewayRequestId,
      traceId: traceIdOf(request.headers['x-amzn-trace-id']),
    });
    let upstreamMilliseconds = 0;
    const background = new Background((error) =>
      log.warn('Background work failed', describe(error)),
    );
    const invocation: Invocation = {
      requestId,
      deadline: start + context.getRemainingTimeInMillis() - ANSWER_MS,
      log,
      waitedForWecom: (milliseconds) => {
        upstreamMilliseconds += milliseconds;
      },
      note,
      noteMember,
      waitUntil: (promise) => background.add(promise),
    };

    let answer: Answer | ErrorAnswer;
    let error: unknown;
    try {
      answer = await work(request, invocation);
      error = answer.error;
      if (error !== undefined) {
        const { fault, headers } = errorAnswer(error, options);
        answer = { ...answer, fault, headers: { ...headers, ...answer.headers } };
      }
    } catch (thrown) {
      // A thrown `undefined` is an error too.
      error = thrown ?? new Error('nothing was thrown');
      const failed = errorAnswer(error, options);
      answer = { ...failed, ...options.errorPage?.(request, failed, requestId) };
    }
    await background.finish(invocation.deadline);
    logOutcome(log, {
      status: answer.status,
      fault: 'fault' in answer ? answer.fault : 'none',
      error,
      upstreamMilliseconds,
      durationMilliseconds: Date.now() - start,
      facts,
    });
    return {
      statusCode: answer.status,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-request-id': requestId,
        ...answer.headers,
        ...corsHeaders(request, origins),
      },
      ...(answer.cookies && { cookies: [...answer.cookies] }),
      body: typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body),
    };
  };
}
