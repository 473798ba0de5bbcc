import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import { WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { createLog, type Log } from '../log/log.ts';
import { type Answer, failure } from './answer.ts';
import { callerErrorAnswer } from './callerErrorAnswer.ts';
import { faultOf } from './fault.ts';

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
    const background = new Set<Promise<unknown>>();
    const invocation: Invocation = {
      requestId,
      deadline: start + context.getRemainingTimeInMillis() - ANSWER_MILLISECONDS,
      log,
      waitedForWecom: (milliseconds) => {
        upstreamMilliseconds += milliseconds;
      },
      background: (promise) => {
        const done = promise
          .catch((error: unknown) => log.warn('Background work failed', describe(error)))
          .finally(() => background.delete(done));
        background.add(done);
      },
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
    await finish(background, invocation.deadline);
    writeClosingLine(log, answer, trouble, upstreamMilliseconds, Date.now() - start);
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

/** Work in the background may hand over more of it; none of it may hold the answer back for ever. */
async function finish(background: ReadonlySet<Promise<unknown>>, deadline: number): Promise<void> {
  if (background.size === 0) return;
  let ended = false;
  let stop = () => {};
  // Not the clock's sleep: to abort that makes an error with a stack, for every sign-in.
  const end = new Promise<void>((resolve) => {
    const timer = setTimeout(
      () => {
        ended = true;
        resolve();
      },
      Math.max(0, deadline - Date.now()),
    );
    stop = () => clearTimeout(timer);
  });
  while (background.size > 0 && !ended) await Promise.race([Promise.all(background), end]);
  stop();
}

function writeClosingLine(
  log: Log,
  answer: Answer,
  trouble: unknown,
  upstreamMilliseconds: number,
  durationMilliseconds: number,
) {
  const { status } = answer;
  const fields = {
    // First: an error's details may have a status of their own.
    ...(trouble === undefined ? {} : describe(trouble)),
    outcome: status < 400 ? 'success' : status < 500 ? 'refused' : 'failed',
    status,
    fault: faultOf(status, trouble),
    upstreamMilliseconds,
    durationMilliseconds,
  };
  const metrics = {
    Requests: 1,
    ...(upstreamMilliseconds > 0 && { WecomMilliseconds: upstreamMilliseconds }),
  };
  if (status >= 500) log.error('Request failed', fields, metrics);
  else log.info(status < 400 ? 'Request answered' : 'Request refused', fields, metrics);
}

/**
 * An error for the log. Of an error that is not ours only the name and where it came from: its
 * message may quote anything.
 */
function describe(error: unknown) {
  if (error instanceof WecomAuthError) {
    return { error: error.code, problem: error.message, ...error.details };
  }
  const { name, stack } = error instanceof Error ? error : new Error('not an Error');
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error: 'ERR_UNEXPECTED',
    problem: name,
    frames: frames.slice(0, 8).map((f) => f.trim()),
  };
}
