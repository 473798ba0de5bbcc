import { CHINA_OFFSET_MS } from './time.ts';

/**
 * Reads the end of a grant: a day such as `2027-01-31`, which is included, in China's time zone; or a time
 * with its offset, such as `2027-01-31T18:00+08:00`.
 *
 * @returns milliseconds since the epoch; nothing for any other text
 */
export function parseUntil(text: string): number | undefined {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  if (!day && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text)) {
    return undefined;
  }
  // Date.parse takes 30 February for 2 March.
  const midnight = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(midnight)) return undefined;
  if (new Date(midnight).toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined;
  const time = day ? Date.parse(`${text}T00:00:00+08:00`) + DAY_MS : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** The inverse of `parseUntil`: a day if the grant ends with it in China, else the exact time. */
export function formatUntil(until: number): string {
  const inChina = new Date(until + CHINA_OFFSET_MS).toISOString();
  if (inChina.endsWith('T00:00:00.000Z')) {
    return new Date(until + CHINA_OFFSET_MS - DAY_MS).toISOString().slice(0, 10);
  }
  return inChina.replace(/(:00)?(\.000)?Z$/, '+08:00');
}

const DAY_MS = 24 * 60 * 60 * 1_000;
