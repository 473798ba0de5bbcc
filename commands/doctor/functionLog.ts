import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { LOCAL_PORT } from '../deployment/localStack.ts';
import type { Place } from './place.ts';

export type LogLine = Readonly<Record<string, unknown>>;

export interface LogQuestion {
  readonly functionName: string;
  /** CloudWatch's filter pattern, which narrows what is fetched. */
  readonly pattern: string;
  /** What is really wanted. */
  readonly wanted: (line: LogLine) => boolean;
}

/** Lines of the last hour; none where there is no log to be had. */
export type ReadLog = (question: LogQuestion) => Promise<LogLine[]>;

/** The functions' log: the file that `npm start` writes, or CloudWatch by way of `serverless logs`. */
export function functionLog(place: Place, environment: NodeJS.ProcessEnv): ReadLog {
  const read = place.local
    ? async () => localLog(place, environment)
    : (question: LogQuestion) => deployedLog(place, question);
  return async (question) => linesOf(await read(question)).filter(question.wanted);
}

function localLog(place: Place, environment: NodeJS.ProcessEnv): string {
  const company = environment['WECOM_APP_SECRET'] ? place.corpId : 'emulator';
  const file = `.local/${environment['PORT'] ?? LOCAL_PORT}/${company}/functions.log`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

const LONGEST = 30_000;

function deployedLog(place: Place, { functionName, pattern }: LogQuestion): Promise<string> {
  const args = [
    'node_modules/serverless/bin/serverless.js',
    'logs',
    ...['--stage', place.stage, '--region', place.region],
    ...['--function', functionName, '--startTime', '1h', '--filter', pattern],
  ];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { timeout: LONGEST, maxBuffer: 10 * 1024 * 1024 },
      (_error, out) => resolve(out),
    );
    // It asks nothing; without an input it cannot wait for an answer either.
    child.stdin?.end();
  });
}

/** The JSON of each line, whatever stands before it. */
export function linesOf(printed: string): LogLine[] {
  return printed.split('\n').flatMap((line) => {
    const at = line.indexOf('{');
    if (at < 0) return [];
    try {
      const parsed: unknown = JSON.parse(line.slice(at));
      return typeof parsed === 'object' && parsed !== null ? [parsed as LogLine] : [];
    } catch {
      return [];
    }
  });
}
