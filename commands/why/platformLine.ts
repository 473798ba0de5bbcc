import type { LogLine } from '../doctor/functionLog.ts';

/** How the function ended. */
type End = 'timeout' | 'memory' | 'crash';

/** CloudWatch's filter pattern for Lambda's lines about an end that is no answer. */
export const UNANSWERED = '?"Status: timeout" ?"Status: error" ?"Task timed out" ?"Runtime exited"';

/**
 * Reads a line that Lambda itself wrote, such as `REPORT RequestId: … Status: timeout`, or
 * `… Task timed out after 15.00 seconds`.
 *
 * @param log the function's name
 * @returns one line with `requestId` and `end`; none for any other line
 */
export function platformLine(message: string, log: string): LogLine[] {
  const [, requestId] =
    /^(?:REPORT |START |END )?RequestId: ([\da-f-]{36})\b/.exec(message) ??
    /^\S+ ([\da-f-]{36}) Task timed out/.exec(message) ??
    [];
  const end = endOf(message);
  return requestId === undefined || end === undefined ? [] : [{ function: log, requestId, end }];
}

function endOf(message: string): End | undefined {
  if (/OutOfMemory|signal: killed/.test(message)) return 'memory';
  if (/Status: timeout|Task timed out/.test(message)) return 'timeout';
  return /Status: error|Runtime exited/.test(message) ? 'crash' : undefined;
}
