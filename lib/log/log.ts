import type { Details } from '../errors.ts';
import { embeddedMetrics, type MetricName } from './metrics.ts';

/**
 * Writes each line as one JSON object to standard output.
 *
 * Only scalars and lists of texts can be logged, so no secret inside an object reaches the log.
 * `@aws-lambda-powertools/logger` logs any object, and errors with their causes, whose messages may
 * contain URLs with tokens. It would also add 22 kB to every cold start, and a second package for the
 * metrics.
 */
export interface Log {
  /** @param metrics for CloudWatch, see metrics.ts */
  info(message: string, fields?: Details, metrics?: Metrics): void;
  warn(message: string, fields?: Details): void;
  error(message: string, fields?: Details, metrics?: Metrics): void;
  /** A warning that also adds one to a metric. */
  metric(name: MetricName, message: string, fields?: Details): void;
}

export type Metrics = Partial<Record<MetricName, number>>;

export type WriteLine = (line: string) => void;

// Not console.log: Lambda's runtime adds a prefix, so the line would not be JSON.
const toStandardOutput: WriteLine = (line) => process.stdout.write(`${line}\n`);

/**
 * @param base fields of every line: requestId, function, route, stage
 * @param write takes each line; tests pass their own
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
