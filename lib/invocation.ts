import type { Details } from './errors.ts';
import type { Log, Metrics } from './log/log.ts';

/** What one request carries through the code: its log, and its deadline. */
export interface Invocation {
  readonly requestId: string;
  /** Milliseconds since the epoch. No wait, retry or upstream call goes past it. */
  readonly deadline: number;
  readonly log: Log;
  /** Adds milliseconds spent waiting for WeCom, for the closing log line. */
  waitedForWecom(milliseconds: number): void;
  /** Adds facts to the closing log line. A later value of the same name replaces an earlier one. */
  note(facts: Details): void;
  /** Counts something with the closing log line. */
  count(metrics: Metrics): void;
  /** Adds the pseudonym of the member whom the request is about to the closing log line. */
  noteMember(userid: string): void;
  /**
   * Takes work that the answer does not depend on. The work ends before the answer is sent, because
   * Lambda freezes an instance after its answer. A failure is logged, never thrown.
   */
  waitUntil(work: Promise<unknown>): void;
}

/** A timer may end this much before its time. */
const TIMER_TOLERANCE_MS = 50;

/**
 * Whether the invocation has reached its own deadline. A call that fails then says nothing about
 * WeCom, so no other caller has to pause.
 *
 * @param now milliseconds since the epoch
 */
export function isOutOfTime({ deadline }: Pick<Invocation, 'deadline'>, now: number): boolean {
  return now >= deadline - TIMER_TOLERANCE_MS;
}
