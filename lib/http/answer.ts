import type { RequestProblem } from '../errors.ts';
import type { Fault } from '../wecom/errcodes.ts';

/** How long a cache may keep the discovery documents and the published keys, in seconds. */
const DISCOVERY_CACHE_SECONDS = 300;

/**
 * Who caused the failure of a request. `aws` is DynamoDB, SSM, Lambda, SQS or EventBridge. `program` is
 * the settings of a program of the OpenID provider, or anybody who sends a request in its name.
 * `wecom-auth` is a defect.
 */
export type RequestFault = 'none' | 'aws' | 'program' | Fault;

/** An HTTP answer: status, the contract's body, and headers beyond the usual ones. */
export interface Answer {
  readonly status: number;
  /** A text goes out as it is, with a content-type of its own among the headers; '' is no body. */
  readonly body: AnswerBody | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Why it is a refusal or a failure, where the body is not the contract's: for `x-error-code` and the log. */
  readonly error?: unknown;
  /** For the log and the metric; absent: `none`, or that of `error`. */
  readonly fault?: RequestFault;
  /** Values of `Set-Cookie`. */
  readonly cookies?: readonly string[];
}

export interface AnswerBody {
  /** 0 on success, WeCom's errcode where WeCom refused, otherwise -1. */
  readonly code: number;
  readonly message: string;
  readonly data?: object;
  /** What is wrong with a request of an administrator, in both languages. */
  readonly problems?: readonly RequestProblem[];
  /** Beside the data of a sign-in that proved its state. */
  readonly session?: object;
}

export function success(data: object, beside: Pick<AnswerBody, 'session'> = {}): Answer {
  return { status: 200, body: { code: 0, message: 'success', data, ...beside } };
}

export function plainText(text: string): Answer {
  return { status: 200, body: text, headers: { 'content-type': 'text/plain; charset=utf-8' } };
}

/** A document that anyone may read and cache. */
export function publicDocument(document: object): Answer {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': `public, max-age=${DISCOVERY_CACHE_SECONDS}`,
    },
    body: JSON.stringify(document),
  };
}
