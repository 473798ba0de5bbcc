import type { IncomingMessage } from 'node:http';

const MAX_BODY_BYTES = 64 * 1024;

/**
 * If a function times out or does not compile, serverless-offline responds with 200 and the error, where
 * API Gateway responds with 500. Responses of functions have an `x-request-id` and are not read here.
 */
export function mayBeFailedInvocation({ statusCode, headers }: IncomingMessage): boolean {
  return (
    statusCode === 200 &&
    headers['x-request-id'] === undefined &&
    String(headers['content-type']).startsWith('application/json')
  );
}

/** @returns the body, and the first line of the error if the body is one */
export async function readInvocation(
  answer: IncomingMessage,
): Promise<{ body: Buffer; problem: string | undefined }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('the response is too large');
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return { body, problem: problemIn(body.toString()) };
}

function problemIn(body: string): string | undefined {
  try {
    const { errorMessage, errorType } = JSON.parse(body);
    if (typeof errorMessage !== 'string' || typeof errorType !== 'string') return undefined;
    return errorMessage.split('\n')[0];
  } catch {
    return undefined;
  }
}
