import type { DataPoint } from './dataPoints.ts';
import { evaluateExpression } from './expression.ts';

/*
 * As much of CloudWatch's alarms as the templates use (Amazon CloudWatch user guide, "Alarm
 * evaluation"): an alarm is evaluated every minute on periods that end then, and each period breaches,
 * or not, or has no data. Where the last ones have none, older ones count ("Configuring how CloudWatch
 * alarms treat missing data").
 */

export type AlarmState = 'OK' | 'ALARM';

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

/** Properties of AWS::CloudWatch::Alarm. */
export interface Alarm extends Partial<Metric> {
  readonly AlarmName: string;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly ReturnData?: boolean;
    readonly MetricStat?: {
      readonly Metric: Metric;
      readonly Stat: string;
      readonly Period: number;
    };
  }[];
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
}

const MINUTE_MS = 60_000;

/**
 * How many more periods than `EvaluationPeriods` CloudWatch looks at. It depends on the period and is
 * not documented; in the user guide's example it is two.
 */
const OLDER_PERIODS = 2;

/** A change of state, and when. */
export interface Change {
  readonly at: number;
  readonly state: AlarmState;
}

/**
 * Evaluates an alarm every minute.
 *
 * @param from milliseconds since the epoch; the state is OK before
 * @returns the changes of its state
 */
export function changesOf(
  alarm: Alarm,
  points: readonly DataPoint[],
  from: number,
  to: number,
): Change[] {
  const changes: Change[] = [];
  let state: AlarmState = 'OK';
  const own = points.filter(isOf(alarm)).sort((one, other) => one.at - other.at);
  // Without any it cannot change.
  if (own.length === 0) return changes;
  for (let now = from; now <= to; now += MINUTE_MS) {
    const next = stateAt(alarm, own, now, state);
    if (next !== state) changes.push({ at: now, state: next });
    state = next;
  }
  return changes;
}

/** @param before the state until now */
function stateAt(
  alarm: Alarm,
  points: readonly DataPoint[],
  now: number,
  before: AlarmState,
): AlarmState {
  if (alarm.ComparisonOperator !== 'GreaterThanOrEqualToThreshold') {
    throw new Error(`${alarm.ComparisonOperator} is not known here`);
  }
  const period = periodOf(alarm) * 1_000;
  const { EvaluationPeriods: wanted } = alarm;
  const values = Array.from({ length: wanted + OLDER_PERIODS }, (_, back) => {
    const end = now - back * period;
    const within = points.slice(firstFrom(points, end - period), firstFrom(points, end));
    return periodValue(alarm, within);
  });
  const present = values.filter((value) => value !== undefined);
  // With fewer than wanted, all of them count beside the missing ones.
  const used = present.slice(0, wanted);
  const breaching = used.filter((value) => value >= alarm.Threshold).length;
  if (breaching >= (alarm.DatapointsToAlarm ?? wanted)) return 'ALARM';
  switch (alarm.TreatMissingData) {
    case 'notBreaching':
      return 'OK';
    case 'ignore':
      if (wanted !== 1) throw new Error('Only known for one period');
      return present.length === 0 ? before : 'OK';
    default:
      throw new Error(`${alarm.TreatMissingData} is not known here`);
  }
}

/** @param points in the order of their times. @returns the position of the first one at a time or later */
function firstFrom(points: readonly DataPoint[], at: number): number {
  let [from, to] = [0, points.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((points[middle] as DataPoint).at < at) from = middle + 1;
    else to = middle;
  }
  return from;
}

function periodOf({ AlarmName, Period, Metrics = [] }: Alarm): number {
  const all = new Set(Metrics.flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
  if (Period !== undefined) all.add(Period);
  const [period, ...others] = all;
  if (period === undefined || others.length > 0) throw new Error(`${AlarmName}: several periods`);
  return period;
}

/** The alarm's value of one period. @param points of the period */
function periodValue(alarm: Alarm, points: readonly DataPoint[]): number | undefined {
  const { Metrics } = alarm;
  if (Metrics === undefined) {
    const stat = alarm.Statistic ?? alarm.ExtendedStatistic ?? '';
    return statistic(stat, valuesOf(alarm as Metric, points));
  }
  const results = Metrics.filter(({ ReturnData = true }) => ReturnData);
  const [result, ...others] = results;
  if (result?.Expression === undefined || others.length > 0) throw new Error('Not one result');
  const value = evaluateExpression(result.Expression, (id) => {
    const { MetricStat } = Metrics.find(({ Id }) => Id === id) ?? {};
    if (MetricStat === undefined) throw new Error(`${alarm.AlarmName}: there is no metric ${id}`);
    return statistic(MetricStat.Stat, valuesOf(MetricStat.Metric, points));
  });
  if (typeof value === 'string') throw new Error(`${alarm.AlarmName}: ${value} is no number`);
  return value;
}

function statistic(stat: string, values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  switch (stat) {
    case 'Sum':
      return values.reduce((sum, value) => sum + value, 0);
    case 'SampleCount':
      return values.length;
    case 'Maximum':
      return sorted.at(-1);
    case 'p90':
      return sorted[Math.ceil(sorted.length * 0.9) - 1];
    default:
      throw new Error(`The statistic ${stat} is not known here`);
  }
}

/** Whether a point belongs to a metric of the alarm. */
function isOf({ Metrics, ...own }: Alarm) {
  const metrics = Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) ?? [own as Metric];
  return (point: DataPoint) => metrics.some((metric) => valuesOf(metric, [point]).length > 0);
}

function valuesOf(metric: Metric, points: readonly DataPoint[]): number[] {
  const dimensions = dimensionsOf(metric);
  const names = Object.keys(dimensions);
  return points
    .filter(
      (point) =>
        point.namespace === metric.Namespace &&
        point.name === metric.MetricName &&
        Object.keys(point.dimensions).length === names.length &&
        names.every((name) => point.dimensions[name] === dimensions[name]),
    )
    .map(({ value }) => value);
}

/** A reference to a resource stands for itself, as JSON. */
function dimensionsOf({ Dimensions = [] }: Pick<Metric, 'Dimensions'>) {
  return Object.fromEntries(
    Dimensions.map(({ Name, Value }) => [
      Name,
      typeof Value === 'string' ? Value : JSON.stringify(Value),
    ]),
  );
}
