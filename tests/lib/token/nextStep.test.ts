import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextStep } from '../../../lib/token/nextStep.ts';
import { CLOCK_SKEW_MS, emptyRecord, type TokenRecord } from '../../../lib/token/tokenStore.ts';
import { breakerUntil, NOW, recordWith, tokenWith } from './records.ts';

const SECOND = 1_000;
const good = tokenWith(3_600 * SECOND);
const soft = tokenWith(299 * SECOND);
const gone = tokenWith(59 * SECOND);
const live = { owner: 'X', until: NOW + 1 };
const ended = { owner: 'X', until: NOW };
const open = breakerUntil(NOW + 1);
const paused = breakerUntil(NOW);

function step(record: TokenRecord, rejected?: string, jitter = 0) {
  return nextStep(record, NOW, rejected, jitter);
}

describe('the next step', () => {
  it('with nothing stored: renew', () => {
    expect(step(emptyRecord)).toEqual({ do: 'renew' });
  });

  it.each([
    ['a good token', { token: good }, { do: 'use', token: good }],
    ['a good token and a live lease', { token: good, lease: live }, { do: 'use', token: good }],
    [
      'a good token and an open breaker',
      { token: good, breaker: open },
      { do: 'use', token: good },
    ],
    ['the soft margin', { token: soft }, { do: 'renew', token: soft }],
    [
      'the soft margin while another renews',
      { token: soft, lease: live },
      { do: 'use', token: soft },
    ],
    [
      'the soft margin and an open breaker',
      { token: soft, breaker: open },
      { do: 'use', token: soft },
    ],
    [
      'the soft margin and an ended lease',
      { token: soft, lease: ended },
      { do: 'renew', token: soft },
    ],
    [
      'the soft margin and a breaker whose pause is over',
      { token: soft, breaker: paused },
      { do: 'renew', token: soft },
    ],
    ['the hard margin', { token: gone }, { do: 'renew' }],
    [
      'the hard margin while another renews',
      { token: gone, lease: live },
      { do: 'wait', owner: 'X', until: NOW + 1 },
    ],
    ['the hard margin and an ended lease', { token: gone, lease: ended }, { do: 'renew' }],
    [
      'the hard margin and an open breaker',
      { token: gone, breaker: open },
      { do: 'stop', breaker: open },
    ],
    ['no token and a breaker whose pause is over', { breaker: paused }, { do: 'renew' }],
    [
      'no token, a live lease and a breaker that counts its call',
      { lease: live, breaker: open },
      { do: 'wait', owner: 'X', until: NOW + 1 },
    ],
  ])('with %s', (_what, content, expected) => {
    expect(step(recordWith(content))).toEqual(expected);
  });

  it('with a token that expired days ago and was never deleted: renew', () => {
    expect(step(recordWith({ token: tokenWith(-3 * 86_400 * SECOND) }))).toEqual({ do: 'renew' });
  });
});

describe('the soft margin', () => {
  it.each([
    [300, 0, 'renew'],
    [301, 0, 'use'],
    [360, 1, 'renew'],
    [361, 1, 'use'],
    [330, 0.5, 'renew'],
    [331, 0.5, 'use'],
  ])('%d s before the end, with jitter %d: %s', (left, jitter, expected) => {
    const record = recordWith({ token: tokenWith(left * SECOND) });
    expect(step(record, undefined, jitter).do).toBe(expected);
  });
});

describe('the soft margin of a token with a short life', () => {
  it.each([
    [600, 150, 'renew'],
    [600, 151, 'use'],
    [80, 20, 'renew'],
    [80, 21, 'use'],
  ])('is a quarter of it: of %d s with %d s left: %s', (life, left, expected) => {
    const token = tokenWith(left * SECOND, { obtainedAt: NOW + (left - life) * SECOND });
    expect(step(recordWith({ token })).do).toBe(expected);
  });
});

describe('the hard margin', () => {
  it('begins 60 s before the end', () => {
    expect(step(recordWith({ token: tokenWith(60 * SECOND) })).do).toBe('renew');
    expect(step(recordWith({ token: tokenWith(60 * SECOND + 1) })).do).toBe('renew');
    expect(step(recordWith({ token: tokenWith(60 * SECOND), lease: live })).do).toBe('wait');
    expect(step(recordWith({ token: tokenWith(60 * SECOND + 1), lease: live })).do).toBe('use');
  });

  it.each([
    [600, 60, 'wait'],
    [600, 61, 'use'],
    [80, 10, 'wait'],
    [80, 11, 'use'],
    [20, 4, 'wait'],
    [20, 5, 'use'],
  ])('shrinks with a short life: of %d s with %d s left: %s', (life, left, expected) => {
    const token = tokenWith(left * SECOND, { obtainedAt: NOW + (left - life) * SECOND });
    expect(step(recordWith({ token, lease: live })).do).toBe(expected);
  });
});

describe('a token that WeCom rejected', () => {
  it('counts as gone', () => {
    expect(step(recordWith({ token: good }), 'A')).toEqual({ do: 'renew' });
    expect(step(recordWith({ token: soft }), 'A')).toEqual({ do: 'renew' });
  });

  it('is not dropped if it is not the stored one', () => {
    expect(step(recordWith({ token: good }), 'an older one')).toEqual({ do: 'use', token: good });
  });

  it('is returned again for 30 s after gettoken returned it again: no loop', () => {
    const token = { ...good, reissuedAt: NOW - 29 * SECOND };
    expect(step(recordWith({ token }), 'A')).toEqual({ do: 'use', token });
    const later = { ...good, reissuedAt: NOW - 30 * SECOND };
    expect(step(recordWith({ token: later }), 'A')).toEqual({ do: 'renew' });
  });

  it.each([
    ['the first', []],
    ['the second, a second later', [1]],
    ['the third, a second later', [2, 1]],
    ['the fourth, half a minute later', [60, 45, 30]],
    ['the fourth, five minutes after the first', [300, 2, 1]],
  ])('is replaced: %s', (_what, secondsAgo) => {
    const rejections = secondsAgo.map((seconds) => NOW - seconds * SECOND);
    expect(step(recordWith({ token: good, rejections }), 'A')).toEqual({ do: 'renew' });
  });

  it.each([
    ['the fourth, a second later', [3, 2, 1]],
    ['the fourth, 29 s later', [299, 30, 29]],
  ])('is returned again: %s', (_what, secondsAgo) => {
    const rejections = secondsAgo.map((seconds) => NOW - seconds * SECOND);
    const record = recordWith({ token: good, rejections });
    expect(step(record, 'A')).toEqual({ do: 'use', token: good });
    // Only the report is delayed, not the end.
    expect(step({ ...record, token: gone }, 'A')).toEqual({ do: 'renew' });
  });
});

describe('a token that gettoken repeated near its end', () => {
  const repeated = (left: number) => tokenWith(left * SECOND, { repeatedAt: NOW - 10 * SECOND });

  it('is used to its end, without another gettoken', () => {
    expect(step(recordWith({ token: repeated(200) })).do).toBe('use');
    expect(step(recordWith({ token: repeated(30) })).do).toBe('use');
    expect(step(recordWith({ token: repeated(5) })).do).toBe('use');
  });

  it('is waited out in its last seconds, because gettoken would return it again', () => {
    expect(step(recordWith({ token: repeated(4) }))).toEqual({
      do: 'wait',
      until: NOW + 5 * SECOND,
    });
    expect(step(recordWith({ token: repeated(0) }))).toEqual({ do: 'wait', until: NOW + SECOND });
    expect(step(recordWith({ token: repeated(-1) }))).toEqual({ do: 'renew' });
  });

  it('is not waited out by a caller that reports it as rejected', () => {
    const token = tokenWith(2 * SECOND, { repeatedAt: NOW - 100 * SECOND });
    expect(step(recordWith({ token }), 'A')).toEqual({ do: 'renew' });
  });

  it('is waited out if gettoken returned it again after a report', () => {
    const token = { ...repeated(3), reissuedAt: NOW - SECOND };
    const wait = { do: 'wait', until: NOW + 4 * SECOND };
    expect(step(recordWith({ token }), 'A')).toEqual(wait);
    const rejections = [3, 2, 1].map((seconds) => NOW - seconds * SECOND);
    expect(step(recordWith({ token: repeated(3), rejections }), 'A')).toEqual(wait);
  });

  it('is renewed in the soft margin if it was repeated long before its end', () => {
    const token = tokenWith(200 * SECOND, { repeatedAt: NOW - 3_600 * SECOND });
    expect(step(recordWith({ token })).do).toBe('renew');
  });
});

describe('whatever is stored,', () => {
  const times = fc.integer({ min: NOW - 10_000_000, max: NOW + 10_000_000 });
  const records: fc.Arbitrary<TokenRecord> = fc.record(
    {
      version: fc.nat(),
      token: fc.record(
        {
          value: fc.constantFrom('A', 'B'),
          obtainedAt: times,
          expiresAt: times,
          repeatedAt: times,
          reissuedAt: times,
        },
        { requiredKeys: ['value', 'obtainedAt', 'expiresAt'] },
      ),
      lease: fc.record({ owner: fc.constantFrom('X', 'Y'), until: times }),
      breaker: times.map((until) => breakerUntil(until)),
    },
    { requiredKeys: ['version'] },
  );
  const rejected = fc.option(fc.constantFrom('A', 'B'), { nil: undefined });
  const jitters = fc.double({ min: 0, max: 1, noNaN: true });

  it('no token is returned that has expired by the clock of another instance', () => {
    fc.assert(
      fc.property(records, rejected, jitters, (record, refused, jitter) => {
        const next = nextStep(record, NOW, refused, jitter);
        const token = 'token' in next ? next.token : undefined;
        if (token) expect(token.expiresAt - NOW).toBeGreaterThan(CLOCK_SKEW_MS);
      }),
    );
  });

  it('gettoken is called only without a live lease and without an open breaker', () => {
    fc.assert(
      fc.property(records, rejected, jitters, (record, refused, jitter) => {
        if (nextStep(record, NOW, refused, jitter).do !== 'renew') return;
        expect(record.lease?.until ?? 0).toBeLessThanOrEqual(NOW);
        expect(record.breaker?.openUntil ?? 0).toBeLessThanOrEqual(NOW);
      }),
    );
  });
});
