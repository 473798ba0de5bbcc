import { createInterface } from 'node:readline';

/**
 * Answers the calls of ../driver.ts: a JSON line for each JSON line. A name without a function is a call
 * that the client lacks.
 */
export async function serve(calls) {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const answer = await answerOf(calls[request.call], request.with);
    // The client may print lines of its own.
    console.log(`@@${JSON.stringify(answer)}`);
  }
  process.exit();
}

async function answerOf(call, given) {
  if (call === undefined) return { absent: true };
  try {
    return { value: await call(given) };
  } catch (error) {
    console.error(error);
    return { error: error.message ?? JSON.stringify(error) };
  }
}
