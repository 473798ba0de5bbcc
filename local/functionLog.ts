import { styleText } from 'node:util';

/**
 * Shortens each log line of a function for the terminal: route, status and duration; for warnings and
 * errors also the reason and the advice. The advice appears once for each request.
 *
 * @returns a function that takes a line, and returns nothing for a line that is not a function's log, and
 *   an empty text for one that says that a part behind a request worked
 */
export function logReader(): (line: string) => string | undefined {
  let lastAdvice = '';
  return (line) => {
    const entry = readEntry(line);
    if (entry === undefined) return undefined;
    if (entry['route'] === undefined && entry['status'] === 200 && !isProblem(entry)) return '';
    const advice = adviceOf(entry);
    const key = `${entry['requestId']}${advice.join()}`;
    const isRepeated = key === lastAdvice;
    if (advice.length > 0) lastAdvice = key;
    return shown(entry, isRepeated ? [] : advice);
  };
}

function readEntry(line: string): Record<string, unknown> | undefined {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof entry !== 'object' || entry === null || typeof entry['level'] !== 'string') {
    return undefined;
  }
  return entry;
}

/** A visitor's mistake is INFO and needs no advice to the operator; a program's wrong setting does. */
function isProblem(entry: Record<string, unknown>): boolean {
  return entry['level'] !== 'INFO' || entry['fault'] === 'program';
}

function adviceOf(entry: Record<string, unknown>): string[] {
  if (!isProblem(entry)) return [];
  return [entry['adviceZh'], entry['advice']].filter(Boolean).map((each) => `→ ${each}`);
}

/** In the time zone of the terminal. */
function timeOfDay(time: unknown): string {
  const date = new Date(String(time));
  return Number.isNaN(date.getTime()) ? String(time) : date.toTimeString().slice(0, 8);
}

/** As in the header `x-error-code`. */
function reasonOf({ error, refusal }: Record<string, unknown>): unknown {
  return error === undefined || refusal === undefined ? error : `${error}/${refusal}`;
}

function shown(entry: Record<string, unknown>, advice: readonly string[]): string {
  const { status } = entry;
  const hasProblem = isProblem(entry);
  const words = [
    styleText('dim', timeOfDay(entry['time'])),
    entry['route'] ?? entry['function'],
    typeof status === 'number'
      ? styleText(status < 400 ? 'green' : status < 500 ? 'yellow' : 'red', String(status))
      : styleText('yellow', String(entry['message'])),
    entry['durationMilliseconds'] === undefined
      ? undefined
      : styleText(
          'dim',
          `${entry['durationMilliseconds']} ms, WeCom ${entry['upstreamMilliseconds']} ms`,
        ),
    entry['errcode'] === undefined ? reasonOf(entry) : `errcode ${entry['errcode']}`,
    entry['client'] === undefined ? undefined : `client ${entry['client']}`,
    entry['unknownClient'] === undefined ? undefined : `unknown client ${entry['unknownClient']}`,
    hasProblem ? entry['problem'] : undefined,
    hasProblem && entry['openUntil'] ? `openUntil ${entry['openUntil']}` : undefined,
    hasProblem && entry['fromIp'] ? `fromIp ${entry['fromIp']}` : undefined,
  ];
  const more = Array.isArray(entry['problems']) ? entry['problems'] : [];
  const below = hasProblem ? [...more, ...advice].map((each) => `\n    ${each}`) : [];
  return `  ${words.filter((word) => word !== undefined).join('  ')}${below.join('')}`;
}
