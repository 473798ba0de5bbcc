import { describe, expect, it } from 'vitest';
import { createLog } from '../../../lib/log/log.ts';
import { embeddedMetrics, METRICS, type MetricName } from '../../../lib/log/metrics.ts';

const names = Object.keys(METRICS) as MetricName[];

describe('a metric', () => {
  it.each(names)('%s is declared in the embedded metric format', (name) => {
    const { _aws, ...values } = embeddedMetrics({ [name]: 7 });
    expect(values).toEqual({ [name]: 7 });
    expect(_aws.Timestamp).toBeTypeOf('number');
    expect(_aws.CloudWatchMetrics).toEqual([
      {
        Namespace: 'WecomAuth',
        Dimensions: [METRICS[name].dimensions],
        Metrics: [{ Name: name, Unit: METRICS[name].unit }],
      },
    ]);
  });

  it('has every dimension as a field of its own line', () => {
    const lines: Record<string, unknown>[] = [];
    const log = createLog({ stage: 'test', function: 'x' }, (line) => lines.push(JSON.parse(line)));
    log.info('Request answered', { fault: 'none' }, { Requests: 1, WecomMilliseconds: 12 });
    log.metric('CallerIpRefused', 'WeCom refused our IP', { fromIp: '203.0.113.9' });
    for (const line of lines) {
      const directives = (line['_aws'] as ReturnType<typeof embeddedMetrics>['_aws'])
        .CloudWatchMetrics;
      for (const { Dimensions, Metrics } of directives) {
        for (const dimension of Dimensions.flat()) expect(line[dimension]).toBeTypeOf('string');
        for (const { Name } of Metrics) expect(line[Name]).toBeTypeOf('number');
      }
    }
    expect(lines).toHaveLength(2);
  });

  it('has at most three dimensions, and none about a person', () => {
    for (const name of names) {
      expect(METRICS[name].dimensions.length).toBeLessThanOrEqual(3);
      for (const dimension of METRICS[name].dimensions) {
        expect(['stage', 'function', 'fault']).toContain(dimension);
      }
    }
  });
});
