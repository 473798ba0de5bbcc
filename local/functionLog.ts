import { styleText } from 'node:util';

/**
 * Makes each log line of a function one short line for a person: what was asked, how it ended, how
 * long it took; and for trouble, why and what to do, which a request with several lines of the same
 * trouble is told once.
 *
 * @returns a function of a line, which returns nothing for one that is not a function's log
 */
export function logReader(): (line: string) => string | undefined {
  let told = '';
  return (line) => {
    const entry = readEntry(line);
    if (entry === undefined) return undefined;
    const advice = adviceOf(entry);
    const key = `${entry['requestId']}${advice.join()}`;
    const isKnown = key === told;
    if (advice.length > 0) told = key;
    return shown(entry, isKnown ? [] : advice);
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

/** What a visitor did wrong needs no advice to the operator. */
function isTrouble(entry: Record<string, unknown>): boolean {
  return entry['level'] !== 'INFO';
}

function adviceOf(entry: Record<string, unknown>): string[] {
  if (!isTrouble(entry)) return [];
  return [entry['adviceZh'], entry['advice']].filter(Boolean).map((each) => `→ ${each}`);
}

function shown(entry: Record<string, unknown>, advice: readonly string[]): string {
  const { status } = entry;
  const trouble = isTrouble(entry);
  const words = [
    styleText('dim', String(entry['time']).slice(11, 19)),
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
    entry['errcode'] === undefined ? entry['error'] : `errcode ${entry['errcode']}`,
    trouble ? entry['problem'] : undefined,
    trouble && entry['openUntil'] ? `openUntil ${entry['openUntil']}` : undefined,
    trouble && entry['fromIp'] ? `fromIp ${entry['fromIp']}` : undefined,
  ];
  const more = Array.isArray(entry['problems']) ? entry['problems'] : [];
  const below = trouble ? [...more, ...advice].map((each) => `\n    ${each}`) : [];
  return `  ${words.filter((word) => word !== undefined).join('  ')}${below.join('')}`;
}
