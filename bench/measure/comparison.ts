import type { Measurement } from '../../tests/harness/lambda/instance.ts';
import { quantile, type Spread, spreadOf } from './spread.ts';

/** One measure of two contestants, with their ratio. */
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
  readonly of: (measurement: Measurement) => number;
}

export const firstAnswer: Measure = {
  what: 'process start → first response',
  unit: 'ms',
  of: ({ sinceStartMs }) => sinceStartMs,
};
export const init: Measure = {
  what: 'process start → handler loaded',
  unit: 'ms',
  of: ({ initMs }) => initMs,
};
export const coldCpu: Measure = {
  what: 'CPU until the first response',
  unit: 'ms',
  of: ({ cpuSinceStartMs }) => cpuSinceStartMs,
};
export const memory: Measure = {
  what: 'peak memory after the first response',
  unit: 'MB',
  of: ({ peakKilobytes }) => peakKilobytes / 1_024,
};
export const p50: Measure = {
  what: 'p50',
  unit: 'ms',
  of: ({ durationsMs }) => quantile(durationsMs, 0.5),
};
export const p99: Measure = {
  what: 'p99',
  unit: 'ms',
  of: ({ durationsMs }) => quantile(durationsMs, 0.99),
};
export const cpu: Measure = {
  what: 'CPU of a request',
  unit: 'ms',
  of: ({ cpuMs, durationsMs }) => cpuMs / durationsMs.length,
};

/** Compares repetitions of the same index. */
export function compare(
  subject: string,
  measure: Measure,
  ours: readonly Measurement[],
  against: string,
  theirs: readonly Measurement[],
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
