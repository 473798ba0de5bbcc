import type { Phase, PhaseKind } from './schedule.ts';

/** No answer in this time counts as a request that hangs. Every function ends within 15 s. */
export const ANSWER_TIMEOUT_MS = 25_000;

/** One request and its answer. Times are milliseconds since the load began. */
export interface Entry {
  readonly route: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** `200`, `500 ERR_STORE_UNAVAILABLE`, `hangs`, `no answer`. */
  readonly kind: string;
  /** Whether it is what the caller expects where nothing is wrong. */
  readonly isExpected: boolean;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What the load generator saw. */
export class LoadRecord {
  readonly entries: Entry[] = [];
  /** What must never happen, in words. */
  readonly problems: string[] = [];
  readonly #beganAt: number;
  readonly phases: readonly Phase[];

  /** @param beganAt as of `performance.now()` */
  constructor(beganAt: number, phases: readonly Phase[]) {
    this.#beganAt = beganAt;
    this.phases = phases;
  }

  now(): number {
    return performance.now() - this.#beganAt;
  }

  /** Notes a problem with its time. */
  problem(what: string): void {
    this.problems.push(`${(this.now() / 1_000).toFixed(1)} s: ${what}`);
  }

  /** The kinds of the phases that overlap this time; a phase includes its recovery. */
  kindsBetween(fromMs: number, untilMs: number): Set<PhaseKind> {
    const overlapping = this.phases.filter(
      (phase) => phase.fromMs <= untilMs && phase.untilMs >= fromMs,
    );
    return new Set(overlapping.map(({ kind }) => kind));
  }

  /**
   * Sends a request and records its answer.
   *
   * @param isExpected by the status; called after the answer
   * @returns nothing without an answer
   */
  async send(
    route: string,
    url: string | URL,
    init: RequestInit = {},
    isExpected: (status: number) => boolean = (status) => status === 200,
  ): Promise<Reply | undefined> {
    const fromMs = this.now();
    try {
      const response = await fetch(url, {
        ...init,
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      const text = await response.text();
      const untilMs = this.now();
      const { status, headers } = response;
      const code = headers.get('x-error-code') ?? errorOf(text);
      const kind = [status, code].filter(Boolean).join(' ');
      this.entries.push({ route, fromMs, untilMs, kind, isExpected: isExpected(status) });
      return { status, headers, text, fromMs, untilMs };
    } catch (error) {
      const isLate = (error as Error).name === 'TimeoutError';
      const kind = isLate ? 'hangs' : 'no answer';
      this.entries.push({ route, fromMs, untilMs: this.now(), kind, isExpected: false });
      return undefined;
    }
  }
}

/** The error of an OAuth answer. */
function errorOf(text: string): string {
  return /^\{"error":"(\w+)"/.exec(text)?.[1] ?? '';
}
