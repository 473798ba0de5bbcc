import type { Served } from '../../tests/harness/lambda/instance.ts';
import { quantile, type Spread, spreadOf } from './spread.ts';

/** One measure of two contestants, and their ratio in each repetition. */
export interface Comparison {
  readonly what: string;
  readonly against: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly theirs: Spread;
  readonly ratio: Spread;
  /** The largest allowed median of the ratio. */
  readonly budget?: number | undefined;
}

export interface Measure {
  readonly what: string;
  readonly unit: string;
  readonly of: (served: Served) => number;
}

export const firstAnswer: Measure = {
  what: 'process start → first response',
  unit: 'ms',
  of: ({ sinceStart }) => sinceStart,
};
export const init: Measure = {
  what: 'process start → handler loaded',
  unit: 'ms',
  of: ({ init }) => init,
};
export const coldCpu: Measure = {
  what: 'CPU until the first response',
  unit: 'ms',
  of: ({ cpuSinceStart }) => cpuSinceStart,
};
export const memory: Measure = {
  what: 'peak memory after the first response',
  unit: 'MB',
  of: ({ peakKilobytes }) => peakKilobytes / 1_024,
};
export const p50: Measure = {
  what: 'p50',
  unit: 'ms',
  of: ({ durations }) => quantile(durations, 0.5),
};
export const p99: Measure = {
  what: 'p99',
  unit: 'ms',
  of: ({ durations }) => quantile(durations, 0.99),
};
export const cpu: Measure = {
  what: 'CPU of a request',
  unit: 'ms',
  of: ({ cpu, durations }) => cpu / durations.length,
};

/** Compares repetitions of the same index. */
export function compare(
  subject: string,
  measure: Measure,
  ours: readonly Served[],
  against: string,
  theirs: readonly Served[],
  budget?: number,
): Comparison {
  const values = ours.map(measure.of);
  const others = theirs.map(measure.of);
  return {
    what: `${subject}: ${measure.what}`,
    against,
    unit: measure.unit,
    ours: spreadOf(values),
    theirs: spreadOf(others),
    ratio: spreadOf(values.map((value, at) => value / (others[at] ?? Number.NaN))),
    budget,
  };
}
