import { describe, expect, it } from 'vitest';
import { type Alarm, changesOf } from '../harness/cloudWatch/alarm.ts';
import type { DataPoint } from '../harness/cloudWatch/dataPoints.ts';
import { evaluateExpression } from '../harness/cloudWatch/expression.ts';

/* The evaluator of alarms that outages.test.ts relies on. */

const MINUTE = 60_000;

describe('an expression', () => {
  const values: Record<string, number | string> = { m1: 6, m2: 2, fault: 'visitor' };
  it.each([
    ['m1 + m2 * 2', 10],
    ['(m1 + m2) * 2', 16],
    ['m1 - m2 - 1', 3],
    ['m1 / m2', 3],
    ['m1 >= 6', 1],
    ['m1 < 6 OR m2 < 6', 1],
    ['m1 < 6 AND m2 < 6', 0],
    ['m1 + none', undefined],
    ['none >= 0', undefined],
    ['FILL(none, 0) + m1', 6],
    ['IF(m1 > m2, m2, 0)', 2],
    ['IF(m1 < m2, m2, 0)', 0],
    ['IF(none, m1, m2)', undefined],
    ["ispresent(fault) and fault != 'visitor'", 0],
    ['not ispresent(none) or fault = "visitor"', 1],
  ])('%s', (expression, value) => {
    expect(evaluateExpression(expression, (name) => values[name])).toBe(value);
  });

  it.each(['m1 +', 'm1 m2', 'AVG(m1)', 'm1 ^ 2', '(m1'])('refuses %s', (expression) => {
    expect(() => evaluateExpression(expression, () => 1)).toThrow();
  });
});

describe('an alarm', () => {
  const point = (minute: number, value: number): DataPoint => ({
    ...{ namespace: 'N', name: 'M', dimensions: { stage: 'prod' } },
    ...{ at: minute * MINUTE, value },
  });
  const alarm = (more: Partial<Alarm>): Alarm => ({
    ...{ AlarmName: 'a', Namespace: 'N', MetricName: 'M', Statistic: 'Sum', Period: 60 },
    Dimensions: [{ Name: 'stage', Value: 'prod' }],
    ...{ EvaluationPeriods: 1, Threshold: 1, TreatMissingData: 'notBreaching' },
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    ...more,
  });
  const run = (more: Partial<Alarm>, ...points: DataPoint[]) =>
    changesOf(alarm(more), points, 0, 30 * MINUTE).map(
      ({ at, state }) => `${state} ${at / MINUTE}`,
    );

  /** With zeros where nothing happens. */
  const zeros = Array.from({ length: 30 }, (_, minute) => point(minute, 0));

  it('of one minute goes back to OK after it', () => {
    expect(run({}, ...zeros, point(5, 1))).toEqual(['ALARM 6', 'OK 7']);
  });

  it('of one period in ten lasts until the last of them is over', () => {
    const ten = { EvaluationPeriods: 10, DatapointsToAlarm: 1 };
    expect(run(ten, ...zeros, point(5, 1))).toEqual(['ALARM 6', 'OK 16']);
    expect(run(ten, ...zeros, point(5, 1), point(12, 1))).toEqual(['ALARM 6', 'OK 23']);
  });

  it('of three periods needs all of them, unless it says how many', () => {
    const three = { EvaluationPeriods: 3 };
    expect(run(three, point(5, 1), point(7, 1))).toEqual([]);
    const all = [point(5, 1), point(6, 1), point(7, 1)];
    expect(run(three, ...zeros, ...all)).toEqual(['ALARM 8', 'OK 9']);
  });

  it('evaluates older periods where the last ones have no data', () => {
    expect(run({}, point(5, 1))).toEqual(['ALARM 6', 'OK 9']);
    const five = { Period: 300, Threshold: 2 };
    const changes = ['ALARM 7', 'OK 11', 'ALARM 12', 'OK 16', 'ALARM 17', 'OK 21'];
    expect(run(five, point(5, 1), point(6, 1))).toEqual(changes);
  });

  it('adds up what is in one period, with the same dimensions', () => {
    const five = { Period: 300, Threshold: 3 };
    const three = [point(5, 1), point(6, 1), point(7, 1)];
    expect(run(five, ...zeros, ...three)).toEqual(['ALARM 8', 'OK 11']);
    const other = { ...point(7, 1), dimensions: { stage: 'test' } };
    expect(run(five, point(5, 1), point(6, 1), other)).toEqual([]);
  });

  it('that ignores missing data keeps its state', () => {
    const ignore = { TreatMissingData: 'ignore' };
    expect(run(ignore, point(5, 1), point(20, 0))).toEqual(['ALARM 6', 'OK 21']);
  });
});
