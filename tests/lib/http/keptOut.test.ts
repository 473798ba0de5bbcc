import { expect, it } from 'vitest';
import { KeptOut } from '../../../lib/http/keptOut.ts';

const MINUTE = 60_000;
let now = 0;

it('counts a member once in half an hour', () => {
  const keptOut = new KeptOut({ now: () => now });
  const counted = Array.from({ length: 61 }, (_, minute) => {
    now = minute * MINUTE;
    return keptOut.isNew('a') ? minute : -1;
  });
  expect(counted.filter((minute) => minute >= 0)).toEqual([0, 30, 60]);
});

it('counts each member, and everybody who is not known', () => {
  const keptOut = new KeptOut({ now: () => now });
  expect(['a', 'b', 'a', undefined, undefined].map((each) => keptOut.isNew(each))).toEqual([
    ...[true, true, false, true, true],
  ]);
});

it('forgets the oldest of more than a hundred', () => {
  const keptOut = new KeptOut({ now: () => now });
  for (let at = 0; at < 101; at += 1) keptOut.isNew(`member ${at}`);
  expect(keptOut.isNew('member 100')).toBe(false);
  expect(keptOut.isNew('member 0')).toBe(true);
});
