import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RequestFault } from '../../lib/http/answer.ts';
import { METRICS, type MetricName, NAMESPACE } from '../../lib/log/metrics.ts';
import { type Json, ofType, render, type Template } from './render.ts';

let template: Template;

beforeAll(async () => {
  template = await render('provider');
}, 200_000);

/** Every fault there is; a new one has to be added here and to the dashboard. */
const FAULTS: Record<RequestFault, true> = {
  none: true,
  visitor: true,
  administrator: true,
  operator: true,
  program: true,
  wecom: true,
  aws: true,
  'wecom-auth': true,
};

interface Metric {
  namespace: string;
  name: string;
  dimensions: Record<string, unknown>;
}

function alarmMetrics(): Metric[] {
  const read = (each: Json): Metric => ({
    namespace: String(each['Namespace']),
    name: String(each['MetricName']),
    dimensions: Object.fromEntries(
      ((each['Dimensions'] ?? []) as Json[]).map(({ Name, Value }) => [Name, Value]),
    ),
  });
  return Object.values(ofType(template, 'AWS::CloudWatch::Alarm')).flatMap((alarm) => {
    const several = alarm['Metrics'] as { MetricStat?: { Metric: Json } }[] | undefined;
    if (several === undefined) return [read(alarm)];
    return several.flatMap(({ MetricStat }) => (MetricStat ? [read(MetricStat.Metric)] : []));
  });
}

interface Widget {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { metrics?: unknown[][]; stacked?: boolean; alarms?: string[]; query?: string };
}

function widgets(): Widget[] {
  const { DashboardBody } = ofType(template, 'AWS::CloudWatch::Dashboard')['Dashboard'] ?? {};
  return JSON.parse(String((DashboardBody as Json)['Fn::Sub'])).widgets;
}

/** With the shorthand written out: `.` is what stood there in the line above, `...` all but the last. */
function metricsOf(shown: readonly Widget[]): Metric[] {
  return shown.flatMap(({ properties: { metrics = [] } }) => {
    let above: string[] = [];
    return metrics.map((line) => {
      const given = line.filter((each) => typeof each === 'string');
      const rest = given[0] === '...' ? given.slice(1) : given;
      const kept = given[0] === '...' ? above.slice(0, above.length - rest.length) : [];
      above = [...kept, ...rest].map((each, at) => (each === '.' ? (above[at] ?? '') : each));
      const [namespace = '', name = '', ...pairs] = above;
      const dimensions: Json = {};
      for (let at = 0; at < pairs.length; at += 2) dimensions[String(pairs[at])] = pairs[at + 1];
      return { namespace, name, dimensions };
    });
  });
}

const dashboardMetrics = () => metricsOf(widgets());

const all = () => [...alarmMetrics(), ...dashboardMetrics()];

/** What AWS itself counts, with the dimensions that it tells apart. */
const OF_AWS: Record<string, string> = {
  'AWS/ApiGateway 4xx': 'ApiId,Stage',
  'AWS/ApiGateway 5xx': 'ApiId,Stage',
  'AWS/ApiGateway Count': 'ApiId,Stage',
  'AWS/ApiGateway Latency': 'ApiId,Stage',
  'AWS/Lambda ConcurrentExecutions': 'FunctionName',
  'AWS/Lambda Errors': 'FunctionName',
  'AWS/Lambda Throttles': 'FunctionName',
  'AWS/SQS ApproximateNumberOfMessagesVisible': 'QueueName',
  // Of the metric filters of the access log.
  'WecomAuth/prod ThrottledRequests': '',
  'WecomAuth/prod GatewayFailures': '',
};

describe('alarms and dashboard', () => {
  it('look at metrics that the code emits, told apart the way it tells them apart', () => {
    const functions = readdirSync('functions').map((file) => file.replace('.ts', ''));
    const own = all().filter(({ namespace }) => namespace === NAMESPACE);
    expect(own.length).toBeGreaterThan(20);
    for (const { name, dimensions } of own) {
      expect(Object.keys(METRICS)).toContain(name);
      expect(Object.keys(dimensions)).toEqual([...METRICS[name as MetricName].dimensions]);
      expect(dimensions['stage']).toBe('prod');
      if ('function' in dimensions) expect(functions).toContain(dimensions['function']);
      if ('fault' in dimensions) expect(Object.keys(FAULTS)).toContain(dimensions['fault']);
    }
  });

  it('look at metrics that AWS has', () => {
    for (const { namespace, name, dimensions } of all()) {
      if (namespace === NAMESPACE) continue;
      expect(OF_AWS[`${namespace} ${name}`]).toBe(Object.keys(dimensions).join());
    }
  });

  it('are fed: every metric is emitted somewhere', () => {
    const code = readdirSync('lib', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('metrics.ts'))
      .map((file) => readFileSync(`lib/${file}`, 'utf8'))
      .join();
    for (const name of Object.keys(METRICS)) {
      expect(code).toMatch(new RegExp(`metric\\(\\s*'${name}'|\\b${name}: \\w`));
    }
  });
});

describe('the alarms', () => {
  const alarms = () => Object.entries(ofType(template, 'AWS::CloudWatch::Alarm'));

  it('all send a mail when they begin and when they end, and have a runbook in both languages', () => {
    expect(alarms()).toHaveLength(22);
    const runbooks = ['docs/operations.md', 'docs/zh-CN/operations.md'].map((file) =>
      readFileSync(file, 'utf8'),
    );
    for (const [, alarm] of alarms()) {
      expect(alarm['AlarmActions']).toEqual([{ Ref: 'AlarmTopic' }]);
      expect(alarm['OKActions']).toEqual([{ Ref: 'AlarmTopic' }]);
      const [, entry] =
        /docs\/operations\.md#([\w-]+)$/.exec(String(alarm['AlarmDescription'])) ?? [];
      for (const runbook of runbooks) expect(runbook).toMatch(new RegExp(`^#+ ${entry}$`, 'm'));
    }
  });

  it('take silence for health, but those of dead letters, which SQS may report no more', () => {
    for (const [id, alarm] of alarms()) {
      const isQueue = alarm['Namespace'] === 'AWS/SQS';
      expect(alarm['TreatMissingData'], id).toBe(isQueue ? 'ignore' : 'notBreaching');
    }
  });

  it('end only when the failures of an hour or more have passed, and do not begin again for the same ones', () => {
    // These two are of what lasts.
    const lasting = ['AWS/SQS ApproximateNumberOfMessagesVisible', 'AWS/ApiGateway Latency'];
    for (const [id, alarm] of alarms()) {
      if (lasting.includes(`${alarm['Namespace']} ${alarm['MetricName']}`)) continue;
      const [first] = ((alarm['Metrics'] ?? []) as { MetricStat?: { Period: number } }[]).flatMap(
        ({ MetricStat }) => MetricStat ?? [],
      );
      const period = Number(alarm['Period'] ?? first?.Period);
      const periods = Number(alarm['EvaluationPeriods']);
      expect(period * periods, id).toBeGreaterThanOrEqual(3_600);
      // Two failures of one period are in two when the periods have moved on.
      const isFirst = alarm['Threshold'] === 1 && alarm['DatapointsToAlarm'] === 1;
      const isLong = period >= 1_800;
      expect(periods === 1 || isFirst || isLong, id).toBe(true);
    }
  });

  it('have no more metrics than CloudWatch takes, and fill each where it has no data', () => {
    for (const [id, alarm] of alarms()) {
      const metrics = (alarm['Metrics'] ?? []) as { Id: string; Expression?: string }[];
      const counted = metrics.filter(({ Expression }) => Expression === undefined);
      expect(counted.length, id).toBeLessThanOrEqual(10);
      const [expression = ''] = metrics.flatMap(({ Expression }) => Expression ?? []);
      const filled = new Set(
        Array.from(expression.matchAll(/FILL\((\w+), 0\)/g), ([, one]) => one),
      );
      expect([...filled].sort(), id).toEqual(counted.map(({ Id }) => Id).sort());
      const others = expression.replaceAll(/FILL\(\w+, 0\)|IF/g, '').match(/[a-z]\w*/g);
      expect(others, id).toBeNull();
    }
  });

  it('count no fault up to a few that anybody can cause', () => {
    for (const [id, alarm] of alarms()) {
      const counted = JSON.stringify([alarm['Metrics'] ?? alarm['Dimensions']]);
      const isOfAnybody = /"(visitor|program)"/.test(counted);
      if (isOfAnybody) expect(alarm['DatapointsToAlarm'], id).toBe(3);
    }
  });
});

describe('the dashboard', () => {
  it('has every metric that the code emits in a graph', () => {
    const seen = new Set(dashboardMetrics().map(({ name }) => name));
    expect(Object.keys(METRICS).filter((name) => !seen.has(name))).toEqual([]);
  });

  it('stacks only requests, which add up', () => {
    const stacked = widgets().filter(({ properties }) => properties.stacked === true);
    expect(stacked.length).toBeGreaterThan(0);
    const names = metricsOf(stacked).map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(['Requests']));
  });

  it.each(['Throttles', 'Errors'])('shows %s of each function that calls WeCom', (metric) => {
    const callers = alarmMetrics()
      .filter(({ name }) => name === 'Throttles')
      .map(({ dimensions }) => `\${${(dimensions['FunctionName'] as Json)['Ref']}}`);
    expect(callers).toContain(`\${OpenidLambdaFunction}`);
    const shown = dashboardMetrics().filter(({ name }) => name === metric);
    expect(shown.map(({ dimensions }) => dimensions['FunctionName'])).toEqual(callers);
  });

  it.each(['authorize', 'getUserInfo', 'verify', 'jwks', 'openid', 'openidToken'])(
    'tells every fault of %s apart',
    (name) => {
      const stacked = widgets().filter(({ properties }) => properties.stacked === true);
      const shown = metricsOf(stacked)
        .filter(({ dimensions }) => dimensions['function'] === name)
        .map(({ dimensions }) => dimensions['fault']);
      const known = Object.keys(FAULTS).filter(
        (fault) => fault !== 'program' || name.startsWith('openid'),
      );
      expect(shown.sort()).toEqual(known.sort());
    },
  );

  it('shows every alarm', () => {
    const shown = widgets().flatMap(({ properties }) => properties.alarms ?? []);
    const alarms = Object.keys(ofType(template, 'AWS::CloudWatch::Alarm'));
    expect(shown.sort()).toEqual(alarms.map((id) => `\${${id}.Arn}`).sort());
  });

  it('fits into its 24 columns without two things in one place', () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of widgets()) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column++) {
        for (let row = y; row < y + height; row++) {
          expect(taken).not.toContain(`${column},${row}`);
          taken.add(`${column},${row}`);
        }
      }
    }
  });
});
