import type { IncomingMessage } from 'node:http';
import { SsmError } from './errors.ts';
import { isJson, type Json } from './input.ts';

/** The largest value fits, even escaped. */
export const MAX_BODY_BYTES = 256 * 1024;

/** The operation's name, or `unknown`. */
export function operationOf(request: IncomingMessage): string {
  const target = String(request.headers['x-amz-target'] ?? '');
  return /^AmazonSSM\.(\w{1,64})$/.exec(target)?.[1] ?? 'unknown';
}

/** Reads the region of the signature's scope. The signature itself is not checked. */
export function regionOf(request: IncomingMessage): string {
  const scope = /Credential=[^/,]+\/\d{8}\/([\w-]+)\//.exec(request.headers.authorization ?? '');
  return scope?.[1] ?? 'local';
}

/** @returns the request's JSON object. @throws the service's error for anything else */
export function parseBody(request: IncomingMessage, body: Buffer | undefined): Json {
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (request.method !== 'POST' || type !== 'application/x-amz-json-1.1') {
    throw new SsmError('UnknownOperationException', '', 404);
  }
  if (body === undefined) throw new SsmError('RequestEntityTooLargeException', '', 413);
  if (operationOf(request) === 'unknown') throw new SsmError('UnknownOperationException');
  if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    throw new SsmError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  let input: unknown;
  try {
    input = JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's message quotes what it read, which may be a value.
  }
  if (!isJson(input)) throw new SsmError('SerializationException');
  return input;
}

/** @returns the names of the parameters in a request */
export function namesOf(input: Json): string[] {
  const { Name, Names, Path, ResourceId } = input as Partial<Record<string, unknown>>;
  return [Name, Path, ResourceId, ...(Array.isArray(Names) ? Names : [])]
    .filter((each) => typeof each === 'string')
    .map((each) => each.slice(0, 2048));
}
