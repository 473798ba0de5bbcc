const DAY_MS = 24 * 60 * 60 * 1_000;
const CHINA_OFFSET_MS = 8 * 60 * 60 * 1_000;

const inChina = (ms: number) => new Date(ms + CHINA_OFFSET_MS).toISOString();

/** @returns a time in China, such as `2026-11-28 08:30` */
export function shownTime(iso: string): string {
  return inChina(Date.parse(iso)).slice(0, 16).replace('T', ' ');
}

/** @returns the last day in China, such as `2027-01-31`, or the minute of an end within a day */
export function shownUntil(iso: string): string {
  const end = Date.parse(iso);
  const isMidnight = inChina(end).endsWith('T00:00:00.000Z');
  return isMidnight ? inChina(end - DAY_MS).slice(0, 10) : shownTime(iso);
}

/** Today in China, for a date field. */
export function today(): string {
  return inChina(Date.now()).slice(0, 10);
}
