import type { Details } from '../errors.ts';
import { embeddedMetrics, type MetricName } from './metrics.ts';

/**
 * One JSON object a line on standard output.
 *
 * Only scalar fields can be logged, so no object, and with it no secret inside one, slips in. That is
 * why it is ours and not `@aws-lambda-powertools/logger`, which takes any object and spells out an
 * error with its causes, whose texts may hold URLs and with them tokens; what is left for it to do
 * would be one JSON.stringify, for 22 kB at every cold start and a second package for the metrics.
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
