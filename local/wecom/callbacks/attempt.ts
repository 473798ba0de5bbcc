import { callbackRequest } from './request.ts';

export type Delay = (ms: number, signal: AbortSignal) => Promise<void>;

export type Attempt = { status: number; body: string } | { error: 'timeout' | string };

/** One request with a time limit kept by the emulator's own delay, so that a test need not wait for it. */
export async function attempt(
  url: string,
  body: string | undefined,
  limit: number,
  delay: Delay,
  closing: AbortSignal,
): Promise<Attempt> {
  const over = new AbortController();
  const signal = AbortSignal.any([closing, over.signal]);
  const timeout = delay(limit, signal).then(
    () => ({ error: 'timeout' }),
    () => ({ error: 'closed' }),
  );
  const answer = callbackRequest(url, body, signal).catch((error: unknown) => ({
    error: error instanceof Error ? error.message : String(error),
  }));
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    // Ends whichever of the two is still under way: a late answer's connection is dropped.
    over.abort();
  }
}
