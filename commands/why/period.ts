/** A time in the log, from and to in milliseconds since the epoch. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

const MINUTE_MS = 60_000;
/** Clocks differ, and people round. */
const AROUND_MS = 15 * MINUTE_MS;

/** @param at the middle; absent: the last hours up to now */
export function periodOf(at: number | undefined, now: number, lastHours: number): Period {
  return at === undefined
    ? { from: now - lastHours * 60 * MINUTE_MS, to: now }
    : { from: at - AROUND_MS, to: at + AROUND_MS };
}

/**
 * A time as an operator writes it: `10:05`, `2026-11-27T10:05` or `2026-11-27T10:05+08:00`. Without a
 * zone it is in this machine's. A time of day is the latest one that has passed.
 *
 * @returns milliseconds since the epoch; nothing for what is no time
 */
export function parseAt(text: string, now: number): number | undefined {
  const [, hours, minutes, seconds = '0'] =
    /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text) ?? [];
  if (hours !== undefined) {
    const time = new Date(now);
    time.setHours(Number(hours), Number(minutes), Number(seconds), 0);
    // A day is not always 24 hours.
    if (time.getTime() > now) time.setDate(time.getDate() - 1);
    return time.getTime();
  }
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?$/.test(text)) return undefined;
  // Date.parse takes 30 February for 2 March.
  const day = text.slice(0, 10);
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** `2026-11-27 09:50 – 10:20 (UTC+08:00)`, in this machine's time zone. */
export function showPeriod({ from, to }: Period): string {
  const [first, last] = [dayOf(from), dayOf(to)];
  const end = clockOf(to).slice(0, 5);
  const until = first === last ? end : `${last} ${end}`;
  return `${first} ${clockOf(from).slice(0, 5)} – ${until} (${zoneOf(to)})`;
}

/** `10:05:12`; with the day where the period has two. */
export function showTime(at: number, { from, to }: Period): string {
  return dayOf(from) === dayOf(to) ? clockOf(at) : `${dayOf(at)} ${clockOf(at)}`;
}

const two = (number: number) => String(number).padStart(2, '0');

function dayOf(time: number): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function clockOf(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

function zoneOf(time: number): string {
  // Minutes that UTC is ahead of the zone.
  const ahead = -new Date(time).getTimezoneOffset();
  const minutes = Math.abs(ahead);
  return `UTC${ahead < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
