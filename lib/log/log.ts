import type { Details } from '../errors.ts';
import { embeddedMetrics, type MetricName } from './metrics.ts';

/**
 * One JSON object a line on standard output.
 *
 * Ours and not `@aws-lambda-powertools/logger`: that one adds 22 kB to the init of every function
 * (236.8 kB for a handler with nothing but it and the DynamoDB client), and the budget for
 * `verify` is 230 kB in all.
 *
 * Only scalar fields can be logged, so no object, and with it no secret inside one, slips in.
 */
export interface Log {
  /** @param metrics also counted in CloudWatch, see metrics.ts */
  info(message: string, fields?: Details, metrics?: Metrics): void;
  warn(message: string, fields?: Details): void;
  error(message: string, fields?: Details, metrics?: Metrics): void;
  /** A warning that is also counted, once. */
  metric(name: MetricName, message: string, fields?: Details): void;
}

export type Metrics = Partial<Record<MetricName, number>>;

export type WriteLine = (line: string) => void;

// Not console.log: Lambda's runtime prefixes that with text, and the line would not be JSON.
const toStandardOutput: WriteLine = (line) => process.stdout.write(`${line}\n`);

/**
 * @param base fields of every line: requestId, function, route, stage
 * @param write where a line goes; tests pass their own
 */
export function createLog(base: Details, write: WriteLine = toStandardOutput): Log {
  const line = (level: string, message: string, fields?: Details, metrics?: Metrics) =>
    write(
      JSON.stringify({
        level,
        time: new Date().toISOString(),
        message,
        ...base,
        ...fields,
        ...(metrics && embeddedMetrics(metrics)),
      }),
    );
  return {
    info: (message, fields, metrics) => line('INFO', message, fields, metrics),
    warn: (message, fields) => line('WARN', message, fields),
    error: (message, fields, metrics) => line('ERROR', message, fields, metrics),
    metric: (name, message, fields) => line('WARN', message, fields, { [name]: 1 }),
  };
}
