import { callbackRequest } from './request.ts';

export type Delay = (ms: number, signal: AbortSignal) => Promise<void>;

export type Attempt = { status: number; body: string } | { error: 'timeout' | string };

/** Sends one request. `delay` measures the time limit, so that a test does not wait for it. */
export async function attempt(
  url: string,
  body: string | undefined,
  limitMs: number,
  delay: Delay,
  closing: AbortSignal,
): Promise<Attempt> {
  const over = new AbortController();
  const signal = AbortSignal.any([closing, over.signal]);
  const timeout = delay(limitMs, signal).then(
    () => ({ error: 'timeout' }),
    () => ({ error: 'closed' }),
  );
  const answer = callbackRequest(url, body, signal).catch((error: unknown) => ({
    error: error instanceof Error ? error.message : String(error),
  }));
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    // Ends the timer, or drops the connection of a late response.
    over.abort();
  }
}
