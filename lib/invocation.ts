import type { Log } from './log/log.ts';

/** What one request carries through the code: its log, and its deadline. */
export interface Invocation {
  readonly requestId: string;
  /** Milliseconds since the epoch. No wait, retry or upstream call goes past it. */
  readonly deadline: number;
  readonly log: Log;
  /** Adds milliseconds spent waiting for WeCom, for the closing log line. */
  waitedForWecom(milliseconds: number): void;
  /**
   * Takes work that the answer does not depend on. It is awaited before the answer leaves, because a
   * Lambda is frozen as soon as it has answered. A failure is logged, never thrown.
   */
  waitUntil(work: Promise<unknown>): void;
}
