import { styleText } from 'node:util';

/**
 * A log line of a function as one short line for a person: what was asked, how it ended, how long
 * it took; and for trouble, why and what to do.
 *
 * @returns nothing for a line that is not a function's log
 */
export function readableLogLine(line: string): string | undefined {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof entry !== 'object' || entry === null || typeof entry['level'] !== 'string') {
    return undefined;
  }
  const { status } = entry;
  const trouble = entry['level'] !== 'INFO';
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
    trouble && entry['fromIp'] ? `fromIp ${entry['fromIp']}` : undefined,
  ];
  const more = Array.isArray(entry['problems']) ? entry['problems'] : [];
  const advice = [entry['adviceZh'], entry['advice']].filter(Boolean).map((each) => `→ ${each}`);
  const below = trouble ? [...more, ...advice].map((each) => `\n    ${each}`) : [];
  return `  ${words.filter((word) => word !== undefined).join('  ')}${below.join('')}`;
}
