import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { LOCAL_PORT } from '../deployment/localStack.ts';
import type { Target } from './target.ts';

export type LogLine = Readonly<Record<string, unknown>>;

export interface LogQuery {
  readonly functionName: string;
  /** CloudWatch's filter pattern. It only narrows what is fetched. */
  readonly pattern: string;
  /** Decides which of the fetched lines are returned. */
  readonly wanted: (line: LogLine) => boolean;
}

/** @returns lines of the last hour; none if the log cannot be read */
export type ReadLog = (query: LogQuery) => Promise<LogLine[]>;

/** Reads the functions' log: the file that `npm start` writes, or CloudWatch through `serverless logs`. */
export function functionLog(target: Target, environment: NodeJS.ProcessEnv): ReadLog {
  const read = target.local
    ? async () => localLog(target, environment)
    : (query: LogQuery) => deployedLog(target, query);
  return async (query) => linesOf(await read(query)).filter(query.wanted);
}

/** @returns the whole log of `npm start`; '' if there is none */
export function localLog(target: Target, environment: NodeJS.ProcessEnv): string {
  const company = environment['WECOM_APP_SECRET'] ? target.corpId : 'emulator';
  const file = `.local/${environment['PORT'] ?? LOCAL_PORT}/${company}/functions.log`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

const TIMEOUT_MS = 30_000;
const MAX_LOG_BYTES = 10 * 1024 * 1024;

function deployedLog(target: Target, { functionName, pattern }: LogQuery): Promise<string> {
  const args = [
    'node_modules/serverless/bin/serverless.js',
    'logs',
    ...['--stage', target.stage, '--region', target.region],
    ...['--function', functionName, '--startTime', '1h', '--filter', pattern],
  ];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { timeout: TIMEOUT_MS, maxBuffer: MAX_LOG_BYTES },
      (_error, out) => resolve(out),
    );
    // With a closed standard input the command cannot wait for an answer.
    child.stdin?.end();
  });
}

/** Parses the JSON of each line; text before it is skipped, as are lines without JSON. */
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
