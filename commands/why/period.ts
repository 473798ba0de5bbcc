/** A time in the log, from and to in milliseconds since the epoch. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Clocks differ, and people round. */
const AROUND_MS = 15 * MINUTE_MS;

/** @param at the middle; absent: the last hours up to now */
export function periodOf(at: number | undefined, now: number, lastHours: number): Period {
  return at === undefined
    ? { from: now - lastHours * 60 * MINUTE_MS, to: now }
    : { from: at - AROUND_MS, to: at + AROUND_MS };
}

/** A time that this machine's clocks do not show, or show twice, because they are put forward or back. */
export interface NotOneTime {
  readonly isTwice: boolean;
  readonly zone: string;
  /** What was written, with each of the two offsets from UTC. */
  readonly withOffset: readonly string[];
}

/**
 * A time as an operator writes it: `10:05`, `2026-11-27T10:05` or `2026-11-27T10:05+08:00`. Without a
 * zone it is in this machine's. A time of day is the latest one that has passed.
 *
 * @returns milliseconds since the epoch; nothing for what is no time
 */
export function parseAt(text: string, now: number): number | NotOneTime | undefined {
  if (/^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(text)) {
    const clock = text.padStart(text.length < 6 ? 5 : 8, '0');
    const [today, yesterday] = [dayOf(now), dayBefore(dayOf(now))];
    const hasPassed = clock.padEnd(8, ':00') <= clockOf(now);
    const passed = instantsOf(today, clock).filter((time) => time <= now);
    return passed.length > 0 || hasPassed
      ? oneOf(passed, today, clock)
      : oneOf(instantsOf(yesterday, clock), yesterday, clock);
  }
  const [, day = '', clock = '', zone] =
    /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:\d{2})?$/.exec(text) ?? [];
  // Date.parse takes 30 February for 2 March.
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined;
  const time = Date.parse(`${day}T${clock}${zone ?? 'Z'}`);
  if (Number.isNaN(time)) return undefined;
  return zone === undefined ? oneOf(instantsOf(day, clock), day, clock) : time;
}

function oneOf(instants: readonly number[], day: string, clock: string): number | NotOneTime {
  const [only] = instants;
  if (only !== undefined && instants.length === 1) return only;
  return {
    isTwice: instants.length > 1,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    withOffset: offsetsAround(day, clock).map((zone) => `${day}T${clock}${zone}`),
  };
}

/** When this machine's clocks show the time: once; not at all or twice if they are changed then. */
function instantsOf(day: string, clock: string): number[] {
  return offsetsAround(day, clock)
    .map((zone) => Date.parse(`${day}T${clock}${zone}`))
    .filter((time) => `${dayOf(time)}T${clockOf(time)}`.startsWith(`${day}T${clock}`));
}

/** The offsets of this machine's zone a day before and after; two if the clocks are changed in between. */
function offsetsAround(day: string, clock: string): string[] {
  const middle = Date.parse(`${day}T${clock}Z`);
  return [...new Set([zoneOf(middle - DAY_MS), zoneOf(middle + DAY_MS)])];
}

function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - DAY_MS).toISOString().slice(0, 10);
}

/**
 * `2026-11-27 09:50 – 10:20 (UTC+08:00)`, in this machine's time zone. Both ends have their offset if the
 * clocks are changed in between.
 */
export function showPeriod({ from, to }: Period): string {
  const [first, last] = [dayOf(from), dayOf(to)];
  const end = clockOf(to).slice(0, 5);
  const until = first === last ? end : `${last} ${end}`;
  const begin = `${first} ${clockOf(from).slice(0, 5)}`;
  return isOneOffset({ from, to })
    ? `${begin} – ${until} (UTC${zoneOf(to)})`
    : `${begin} (UTC${zoneOf(from)}) – ${until} (UTC${zoneOf(to)})`;
}

/** `10:05:12`; with the day where the period has two, and with the offset where it has two. */
export function showTime(at: number, { from, to }: Period): string {
  const zone = isOneOffset({ from, to }) ? '' : zoneOf(at);
  return `${dayOf(from) === dayOf(to) ? '' : `${dayOf(at)} `}${clockOf(at)}${zone}`;
}

function isOneOffset({ from, to }: Period): boolean {
  return zoneOf(from) === zoneOf(to);
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

/** Such as `+08:00`. */
function zoneOf(time: number): string {
  // Minutes that UTC is ahead of the zone.
  const ahead = -new Date(time).getTimezoneOffset();
  const minutes = Math.abs(ahead);
  return `${ahead < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
