import Table from 'cli-table3';

/** Draws a table as wide as its texts. A Chinese character takes two columns. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // No colours, because the output may be a file.
  const drawn = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}

/** Shortens an ARN to its last part. */
export function showWho(by: string): string {
  return by.startsWith('arn:') ? by.slice(by.lastIndexOf(':') + 1) : by;
}

/** Formats a time to the minute, in China's time zone. @param time milliseconds since the epoch */
export function formatTime(time: number): string {
  return new Date(time + CHINA_OFFSET_MS).toISOString().slice(0, 16).replace('T', ' ');
}

/** China has one time zone and no daylight saving time. */
export const CHINA_OFFSET_MS = 8 * 60 * 60 * 1_000;
