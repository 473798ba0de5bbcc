import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { serve } from './serve.ts';

/** One response of the service. */
export type AwsAnswer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server with AWS's JSON protocol, for failures that the embedded services do not have. */
export interface AwsService {
  readonly url: string;
  /** All requests so far, refused ones included. */
  readonly requests: { readonly operation: string; readonly input: unknown }[];
  /** The number of opened connections so far. */
  connections(): number;
  /** Sets the next responses, in order. The last one repeats. */
  answer(...answers: AwsAnswer[]): void;
  /** How far its clock is ahead of this machine's. */
  aheadMs: number;
  /** Resets each existing connection on its next byte, as a NAT gateway does. */
  forgetConnections(): void;
}

/** AWS accepts a signature for this long. */
const SIGNATURE_TTL_MS = 300_000;

/** Starts the service for one test. */
export async function startAwsService(...answers: AwsAnswer[]): Promise<AwsService> {
  const forgotten = new WeakSet<object>();
  const open = new Set<object>();
  let nextAnswers = answers;
  const requests: { operation: string; input: unknown }[] = [];

  const { url, connections } = await serve(async (request, response) => {
    const { socket } = request;
    if (forgotten.has(socket)) return void socket.resetAndDestroy();
    open.add(socket);
    const body = await text(request);
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    requests.push({ operation, input: JSON.parse(body) });
    const now = Date.now() + service.aheadMs;
    response.setHeader('date', new Date(now).toUTCString());
    response.setHeader('x-amzn-requestid', randomUUID());
    const signed = readDate(String(request.headers['x-amz-date']));
    if (Math.abs(now - signed) > SIGNATURE_TTL_MS)
      return signatureOfAnotherTime(now, signed)(request, response);
    const [next, ...others] = nextAnswers;
    if (others.length > 0) nextAnswers = others;
    next?.(request, response);
  });
  const service: AwsService = {
    url,
    requests,
    connections,
    answer: (...next) => {
      nextAnswers = next;
    },
    aheadMs: 0,
    forgetConnections: () => {
      for (const socket of open) forgotten.add(socket);
    },
  };
  return service;
}

export function output(body: object): AwsAnswer {
  return send(200, body);
}

/** @param name such as `ThrottlingException` */
export function refusal(name: string, status = 400, message = 'CANARY'): AwsAnswer {
  return send(status, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message });
}

/** The response of a load balancer or proxy in front of AWS. */
export const unavailablePage: AwsAnswer = (_request, response) =>
  response.writeHead(503, { 'content-type': 'text/html' }).end('<html>CANARY</html>');

export const reset: AwsAnswer = (request) => request.socket.resetAndDestroy();

export const silence: AwsAnswer = () => undefined;

/** Starts a response and never ends it. */
export const silenceInTheMiddle: AwsAnswer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': 100 });
  response.write('{"Item":');
};

/** DynamoDB's own error for a signature that is over five minutes old, or too far in the future. */
export function signatureOfAnotherTime(now: number, signed: number): AwsAnswer {
  const [at, is] = [writeDate(signed), writeDate(now)];
  return signed < now
    ? refusal(
        'InvalidSignatureException',
        400,
        `Signature expired: ${at} is now earlier than ${writeDate(now - SIGNATURE_TTL_MS)} (${is} - 5 min.)`,
      )
    : refusal(
        'InvalidSignatureException',
        400,
        `Signature not yet current: ${at} is still later than ${writeDate(now + SIGNATURE_TTL_MS)} (${is} + 5 min.)`,
      );
}

function send(status: number, body: object): AwsAnswer {
  return (_request, response) =>
    response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify(body));
}

/** `20260302T010203Z` */
function writeDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, '');
}

function readDate(date: string): number {
  return Date.parse(date.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'));
}
