import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { MemoryAnswer, Probes } from './probes.ts';

interface Sample extends MemoryAnswer {
  /** Milliseconds since the load began. */
  readonly atMs: number;
}

/** The samples of one process. */
export interface Series {
  readonly name: string;
  readonly pid: number;
  readonly samples: Sample[];
}

/** Samples every process with a probe until it is stopped. */
export class MemorySampler {
  readonly #probes: Probes;
  readonly #now: () => number;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  readonly series = new Map<number, Series>();

  constructor(probes: Probes, now: () => number) {
    this.#probes = probes;
    this.#now = now;
  }

  start(intervalMs: number): void {
    this.#running = this.#run(intervalMs);
  }

  async #run(intervalMs: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.sample();
      await delay(intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async sample(): Promise<void> {
    const atMs = this.#now();
    await Promise.all(
      [...this.#probes.all].map(async ({ pid, program, memory }) => {
        const answer = await memory();
        if (answer === undefined) return;
        const series = this.series.get(pid) ?? { name: nameOf(program), pid, samples: [] };
        series.samples.push({ atMs, ...answer });
        this.series.set(pid, series);
      }),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
}

const SERVICES = 'stack: DynamoDB, SSM, SQS, EventBridge, emulator';
const FUNCTIONS = 'stack: serverless-offline with the functions';
/** The names of the stack's processes. */
export const STACK_PROCESSES = [SERVICES, FUNCTIONS] as const;

function nameOf(program: string): string {
  if (program.endsWith('local/start.ts')) return SERVICES;
  if (program.endsWith('serverless.js')) return FUNCTIONS;
  return `single ${basename(program, '.js')}`;
}

/** @returns the slope of the line of least squares, a minute */
export function slopePerMinute(
  points: readonly (readonly [atMs: number, value: number])[],
): number {
  const count = points.length;
  if (count < 2) return 0;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const below = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return below === 0 ? 0 : (above / below) * 60_000;
}
