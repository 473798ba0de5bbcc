import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseAt, showPeriod, showTime } from '../../../commands/why/period.ts';

/* Clocks in Berlin: on 2026-03-29 from 02:00 to 03:00, on 2026-10-25 from 03:00 back to 02:00. */
beforeEach(() => {
  vi.stubEnv('TZ', 'Europe/Berlin');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const time = Date.parse;

describe('--at', () => {
  it.each([
    ['10:05', '2026-03-29T18:00+02:00', '2026-03-29T10:05+02:00'],
    ['9:05:30', '2026-03-29T18:00+02:00', '2026-03-29T09:05:30+02:00'],
    ['23:30', '2026-03-29T18:00+02:00', '2026-03-28T23:30+01:00'],
    ['02:30', '2026-03-28T18:00+01:00', '2026-03-28T02:30+01:00'],
    // Between the two.
    ['02:30', '2026-10-25T02:40+02:00', '2026-10-25T02:30+02:00'],
    ['2026-03-29T03:00', '2026-04-01T00:00Z', '2026-03-29T03:00+02:00'],
    ['2026-10-25T03:00', '2026-11-01T00:00Z', '2026-10-25T03:00+01:00'],
    ['2026-10-25T02:30+01:00', '2026-11-01T00:00Z', '2026-10-25T02:30+01:00'],
  ])('%s, asked at %s, is %s', (text, now, at) => {
    expect(parseAt(text, time(now))).toBe(time(at));
  });

  it.each([
    ['2026-03-29T02:30', '2026-04-01T00:00Z'],
    ['02:30', '2026-03-29T18:00+02:00'],
    // Today's is in the future.
    ['02:30', '2026-03-30T01:00+02:00'],
  ])('%s, asked at %s, was never shown by a clock', (text, now) => {
    expect(parseAt(text, time(now))).toEqual({
      isTwice: false,
      zone: 'Europe/Berlin',
      withOffset: ['2026-03-29T02:30+01:00', '2026-03-29T02:30+02:00'],
    });
  });

  it.each([
    ['2026-10-25T02:30', '2026-11-01T00:00Z'],
    ['02:30', '2026-10-25T18:00+01:00'],
  ])('%s, asked at %s, was shown twice', (text, now) => {
    expect(parseAt(text, time(now))).toEqual({
      isTwice: true,
      zone: 'Europe/Berlin',
      withOffset: ['2026-10-25T02:30+02:00', '2026-10-25T02:30+01:00'],
    });
  });

  it.each(['24:00', '10', '2026-02-30T10:00', '2026-13-01T10:00', '2026-11-27T25:00', 'now'])(
    '%s is no time',
    (text) => {
      expect(parseAt(text, time('2026-11-27T10:00Z'))).toBeUndefined();
    },
  );
});

describe('a period in which the clocks are changed', () => {
  it('is shown with both offsets, and so are the times in it', () => {
    const period = { from: time('2026-10-25T00:45Z'), to: time('2026-10-25T01:15Z') };
    expect(showPeriod(period)).toBe('2026-10-25 02:45 (UTC+02:00) – 02:15 (UTC+01:00)');
    expect(showTime(time('2026-10-25T00:50Z'), period)).toBe('02:50:00+02:00');
    expect(showTime(time('2026-10-25T01:10Z'), period)).toBe('02:10:00+01:00');
  });
});
