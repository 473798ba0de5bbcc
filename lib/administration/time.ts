/** China has one time zone and no daylight saving time. */
export const CHINA_OFFSET_MS = 8 * 60 * 60 * 1_000;

/** Formats a time to the minute, in China's time zone. @param time milliseconds since the epoch */
export function formatTime(time: number): string {
  return new Date(time + CHINA_OFFSET_MS).toISOString().slice(0, 16).replace('T', ' ');
}
