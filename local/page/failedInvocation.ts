import type { IncomingMessage } from 'node:http';

const MAX_BYTES = 64 * 1024;

/**
 * Where serverless-offline could not run a function (it took too long, or does not compile) it
 * answers 200 with what went wrong, and API Gateway 500. Every function's answer has an
 * `x-request-id`, so that nothing of theirs is read here.
 */
export function mayBeFailedInvocation({ statusCode, headers }: IncomingMessage): boolean {
  return (
    statusCode === 200 &&
    headers['x-request-id'] === undefined &&
    String(headers['content-type']).startsWith('application/json')
  );
}

/** @returns the body, and in one line what went wrong, where that is what it says */
export async function readInvocation(
  answer: IncomingMessage,
): Promise<{ body: Buffer; problem: string | undefined }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('the answer is too large');
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
