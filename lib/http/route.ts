import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Invocation } from '../invocation.ts';
import { createLog } from '../log/log.ts';
import { words } from '../words.ts';
import type { Answer, RequestFault } from './answer.ts';
import { corsHeaders } from './cors.ts';
import type { ErrorAnswer, ErrorWording } from './errorAnswers.ts';
import type { KeptOut } from './keptOut.ts';
import { beginInvocation } from './lambdaInvocation.ts';
import { type HttpRequest, readRequest } from './request.ts';

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
  /** Whether a browser ends its sign-in by this request, after WeCom. Default: no. */
  readonly endsSignIn?: (request: HttpRequest) => boolean;
  /** What a browser shows for an error; absent: the error as JSON. */
  readonly errorPage?: (
    request: HttpRequest,
    answer: ErrorAnswer,
    requestId: string,
  ) => Pick<Answer, 'headers' | 'body'>;
}

/** Those of the metric `Failures`. */
const MENDED_HERE: ReadonlySet<RequestFault> = new Set(['operator', 'aws', 'wecom-auth']);

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
  let keptOut: KeptOut | undefined;

  return async function handler(event, context) {
    const requestId = context.awsRequestId;
    const request = readRequest(event);
    const log = createLog({ requestId, function: options.name, route: request.route, stage });
    const { invocation, finish, close, member } = beginInvocation(context, log, {
      environment: options.environment,
      closingMs: ANSWER_MS,
      gatewayRequestId: request.gatewayRequestId,
      traceHeader: request.headers['x-amzn-trace-id'],
    });

    let answer: Answer & Partial<ErrorAnswer>;
    let error: unknown;
    try {
      answer = await work(request, invocation);
      error = answer.error;
      if (error !== undefined) {
        const refused = await answerTo(error, options);
        answer = { ...refused, ...answer, headers: { ...refused.headers, ...answer.headers } };
      }
    } catch (thrown) {
      // A thrown `undefined` is an error too.
      error = thrown ?? new Error('nothing was thrown');
      const failed = await answerTo(error, options);
      answer = { ...failed, ...options.errorPage?.(request, failed, requestId) };
    }
    await finish();
    const { status, fault = 'none' } = answer;
    if (MENDED_HERE.has(fault)) invocation.count({ Failures: 1 });
    if (options.endsSignIn?.(request) && fault !== 'visitor') {
      invocation.count({ SignIns: fault === 'none' ? 1 : 0 });
      if (fault === 'administrator') {
        // Behind import(): a request that works never needs it.
        keptOut ??= new (await import('./keptOut.ts')).KeptOut(Date);
        if (keptOut.isNew(member())) invocation.count({ MembersKeptOut: 1 });
      }
    }
    await close({ status, fault, error });
    return {
      statusCode: status,
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

/** Behind import(), as all that only an error needs: it shortens the cold start of what works. */
async function answerTo(error: unknown, wording: ErrorWording): Promise<ErrorAnswer> {
  return (await import('./errorAnswers.ts')).errorAnswer(error, wording);
}
