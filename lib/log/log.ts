import type { Details } from '../errors.ts';

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
  info(message: string, fields?: Details): void;
  warn(message: string, fields?: Details): void;
  error(message: string, fields?: Details): void;
  /** The same, and also counts in CloudWatch (see metric.ts). */
  metric(name: string, message: string, fields?: Details): void;
}

export type WriteLine = (line: string) => void;

// Not console.log: Lambda's runtime prefixes that with text, and the line would not be JSON.
const toStandardOutput: WriteLine = (line) => process.stdout.write(`${line}\n`);

const NAMESPACE = 'WecomAuth';

/**
 * @param base fields of every line: requestId, function, route, stage
 * @param write where a line goes; tests pass their own
 */
export function createLog(base: Details, write: WriteLine = toStandardOutput): Log {
  const line = (level: string, message: string, fields: object = {}) =>
    write(JSON.stringify({ level, time: new Date().toISOString(), message, ...base, ...fields }));
  return {
    info: (message, fields) => line('INFO', message, fields),
    warn: (message, fields) => line('WARN', message, fields),
    error: (message, fields) => line('ERROR', message, fields),
    metric: (name, message, fields) =>
      line('WARN', message, { ...fields, ...embeddedMetric(name, String(base['stage'])) }),
  };
}

/** CloudWatch's embedded metric format: a log line that CloudWatch also counts. */
function embeddedMetric(name: string, stage: string) {
  return {
    stage,
    [name]: 1,
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        { Namespace: NAMESPACE, Dimensions: [['stage']], Metrics: [{ Name: name, Unit: 'Count' }] },
      ],
    },
  };
}
