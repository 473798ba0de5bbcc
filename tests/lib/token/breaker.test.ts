import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  breakerWithoutFutureTimes,
  countCall,
  exhaustedUntil,
  type Failure,
  isClosedBySecret,
  recordFailure,
  recordMissingSecret,
  recordSuccess,
  restUntil,
} from '../../../lib/token/breaker.ts';
import { type Breaker, CLOCK_SKEW_MS, LEASE_MS } from '../../../lib/token/tokenStore.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = Date.parse('2026-03-02T12:00:00Z');

const refused: Failure = { reason: 'refused', errcode: 40001 };
const limited: Failure = { reason: 'limited', errcode: 45009 };
const unreachable: Failure = { reason: 'unreachable', errcode: -1 };

/** The breaker after one more call, which fails. */
function failing(before: Breaker | undefined, failure: Failure, now = NOON, secret = 'r1') {
  return recordFailure(countCall(before, secret, now), failure, now);
}

/** The breaker after calls in a row whose outcome was not written. */
function unreported(times: number, now = NOON, before?: Breaker): Breaker {
  let breaker = countCall(before, 'r1', now);
  for (let n = 1; n < times; n += 1) breaker = countCall(breaker, 'r1', now);
  return breaker;
}

function lastCall({ failedCalls }: Breaker): number {
  return failedCalls.at(-1)?.at ?? Number.NaN;
}

/** The breaker after calls that fail, each as soon as the breaker allows it. */
function repeat(times: number, failure: Failure, at = NOON): Breaker {
  let breaker = failing(undefined, failure, at);
  for (let n = 1; n < times; n += 1) breaker = failing(breaker, failure, breaker.openUntil);
  return breaker;
}

describe('the breaker after refusals', () => {
  it('pauses 1, 5, 15, 30 and then 60 minutes', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7].map((times) => {
      const breaker = repeat(times, refused);
      return (breaker.openUntil - lastCall(breaker)) / MINUTE;
    });
    expect(pauses).toEqual([1, 5, 15, 30, 60, 60, 60]);
  });

  it('keeps the errcode, and since when gettoken fails', () => {
    const breaker = repeat(3, limited);
    expect(breaker).toMatchObject({ reason: 'limited', errcode: 45009, failures: 3, since: NOON });
  });

  it('counts a call without an answer as a refusal: WeCom may have counted it', () => {
    const after = failing(repeat(2, refused), unreachable, NOON + HOUR);
    expect(after).toMatchObject({ reason: 'refused', errcode: 40001, failures: 3 });
    expect(after.openUntil).toBe(NOON + HOUR + 15 * MINUTE);
  });

  it('does not count a first call without an answer with a new secret, and pauses 30 seconds', () => {
    let breaker = repeat(4, refused);
    for (let times = 0; times < 3; times += 1) {
      const now = NOON + HOUR + times * MINUTE;
      breaker = failing(breaker, unreachable, now, 'r2');
      expect(breaker).toMatchObject({ failures: 0, secretRevision: 'r2', openUntil: now + 30_000 });
    }
    const after = failing(breaker, refused, NOON + 2 * HOUR, 'r2');
    expect(after).toMatchObject({ failures: 1, openUntil: NOON + 2 * HOUR + MINUTE });
  });

  it('counts from one with another secret, before its first call', () => {
    const counted = countCall(repeat(4, refused), 'r2', NOON + HOUR);
    expect(counted).toMatchObject({ failures: 1, secretRevision: 'r2', openUntil: NOON + HOUR });
    expect(isClosedBySecret(counted, 'r2', NOON + HOUR)).toBe(false);
    const after = recordFailure(counted, refused, NOON + HOUR);
    expect(after).toMatchObject({ failures: 1, since: NOON, openUntil: NOON + HOUR + MINUTE });
  });

  it('counts a call once if the response to its count was lost', () => {
    const counted = countCall(undefined, 'r1', NOON + 1);
    expect(countCall(counted, 'r1', NOON + 2, false, NOON)).toBe(counted);
  });

  it('counts a call although another caller has counted one since, by a clock that is ahead', () => {
    const missing = recordMissingSecret(countCall(undefined, 'r1', NOON + 4_000), NOON);
    const counted = countCall(missing, 'r1', NOON + 2_000, false, NOON + 2_000);
    expect(counted.failedCalls).toHaveLength(2);
  });

  it('is open from the first refusal until a call returns a token', () => {
    expect(countCall(undefined, 'r1', NOON).openedAt).toBeUndefined();
    expect(failing(undefined, unreachable).openedAt).toBeUndefined();
    const opened = repeat(2, refused);
    expect(opened.openedAt).toBe(NOON);
    const counted = countCall(opened, 'r2', NOON + HOUR);
    expect(counted.openedAt).toBe(NOON);
    expect(recordFailure(counted, unreachable, NOON + HOUR).openedAt).toBe(NOON);
    expect(recordSuccess(counted).openedAt).toBeUndefined();
  });

  it('was not opened by a call that turns out to have no answer', () => {
    const counted = countCall(unreported(3), 'r1', NOON);
    expect(counted.openedAt).toBe(NOON);
    expect(recordFailure(counted, unreachable, NOON).openedAt).toBeUndefined();
  });
});

describe('the breaker after calls without an answer', () => {
  it('pauses as long as gettoken has failed, 2 to 30 seconds, and counts no call', () => {
    let breaker = failing(undefined, unreachable);
    const pauses = [breaker.openUntil - NOON];
    for (let n = 0; n < 6; n += 1) {
      const now = breaker.openUntil;
      breaker = failing(breaker, unreachable, now);
      pauses.push(breaker.openUntil - now);
    }
    expect(pauses).toEqual([2_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(breaker).toMatchObject({ failures: 0, failedCalls: [] });
  });

  it('pauses a minute after a first refusal that follows', () => {
    const breaker = failing(failing(undefined, unreachable), refused, NOON + MINUTE);
    expect(breaker).toMatchObject({ reason: 'refused', failures: 1 });
    expect(breaker.openUntil).toBe(NOON + 2 * MINUTE);
  });
});

describe('the breaker after calls without a known outcome', () => {
  it('does not pause after the first three, half an hour after the fourth, an hour after the fifth', () => {
    const breakers = [1, 2, 3, 4, 5].map((times) => unreported(times));
    const pauses = breakers.map(({ openUntil }) => (openUntil - NOON) / MINUTE);
    expect(pauses.slice(0, 4)).toEqual([0, 0, 0, 30]);
    expect(pauses[4]).toBeGreaterThanOrEqual(60);
    expect(breakers[4]).toMatchObject({ reason: 'unreported', errcode: -1, failures: 5 });
  });

  it('continues the pauses of a secret that was refused before', () => {
    const counted = unreported(1, NOON + HOUR, repeat(2, refused));
    expect(counted).toMatchObject({ reason: 'refused', failures: 3 });
    expect(counted.openUntil).toBe(NOON + HOUR + 15 * MINUTE);
  });
});

describe('the breaker without a secret', () => {
  it('counts no call and pauses two seconds', () => {
    const pause = { reason: 'no-secret', openUntil: NOON + 2_000 };
    expect(recordMissingSecret(undefined, NOON)).toMatchObject({ ...pause, failures: 0 });
    expect(recordMissingSecret(unreported(2), NOON)).toMatchObject({ ...pause, failures: 2 });
  });

  it('keeps the refusals, and shortens no pause', () => {
    const before = repeat(2, refused);
    const after = recordMissingSecret(before, NOON + HOUR);
    expect(after).toEqual({ ...before, openUntil: NOON + HOUR + 2_000 });
    expect(recordMissingSecret(before, NOON)).toEqual(before);
  });

  it('has another reason after the next call', () => {
    expect(countCall(recordMissingSecret(undefined, NOON), 'r1', NOON).reason).toBe('unreported');
  });
});

describe('a call that returns a token', () => {
  it('closes the breaker, and keeps the revision of the secret', () => {
    for (const before of [undefined, failing(undefined, unreachable), repeat(3, refused)]) {
      expect(recordSuccess(countCall(before, 'r1', NOON + HOUR))).toMatchObject({
        reason: 'closed',
        errcode: -1,
        failures: 0,
        openUntil: 0,
        secretRevision: 'r1',
      });
    }
  });

  it('starts the pause after a call without an answer at two seconds again', () => {
    const closed = recordSuccess(countCall(repeat(5, unreachable), 'r1', NOON + HOUR));
    expect(failing(closed, unreachable, NOON + 2 * HOUR).openUntil).toBe(NOON + 2 * HOUR + 2_000);
  });

  it('starts the pauses again, but keeps the failed calls of the hour', () => {
    let breaker: Breaker | undefined;
    for (let n = 0; n < 4; n += 1) {
      const now = NOON + n * 2 * MINUTE;
      breaker = failing(breaker, refused, now);
      expect(breaker.openUntil).toBe(now + MINUTE);
      breaker = recordSuccess(countCall(breaker, 'r1', now + MINUTE));
    }
    const fifth = failing(breaker, refused, NOON + 10 * MINUTE);
    expect(fifth.failedCalls).toHaveLength(5);
    expect(fifth.openUntil).toBe(NOON + HOUR + LEASE_MS);
  });

  it.each([
    ['refused', true],
    ['limited', true],
    ['no-secret', true],
    ['unreachable', false],
    ['unreported', true],
    ['closed', false],
  ] as const)('may be made at once with a newer secret: %s is %s', (reason, closes) => {
    const breaker = { ...repeat(1, refused), reason };
    expect(isClosedBySecret(breaker, 'r2', NOON)).toBe(closes);
    // Without a secret no call was made, so the same one may be tried.
    expect(isClosedBySecret(breaker, 'r1', NOON)).toBe(reason === 'no-secret');
    expect(isClosedBySecret(breaker, 'r0', NOON)).toBe(false);
  });
});

describe('ten failed calls in an hour', () => {
  /** Calls that fail, a minute apart, each with another writing of the secret. */
  function wrongSecrets(times: number): Breaker {
    let breaker: Breaker | undefined;
    for (let n = 0; n < times; n += 1) {
      breaker = failing(breaker, refused, NOON + n * MINUTE, `r${n + 10}`);
    }
    return breaker as Breaker;
  }

  it('are kept for an hour, and ten of them at most', () => {
    let breaker: Breaker | undefined;
    for (let n = 0; n < 12; n += 1) breaker = failing(breaker, refused, NOON + n, `r${n + 10}`);
    expect(breaker?.failedCalls.map(({ at }) => at - NOON)).toEqual([
      2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
    const later = NOON + 2 * HOUR;
    expect(failing(breaker, refused, later, 'r99').failedCalls.map(({ at }) => at)).toEqual([
      later,
    ]);
  });

  it('allow no other one with any secret until the first is an hour old', () => {
    const now = NOON + 10 * MINUTE;
    expect(isClosedBySecret(wrongSecrets(9), 'r99', now)).toBe(true);
    const breaker = wrongSecrets(10);
    const end = NOON + HOUR + LEASE_MS;
    expect(exhaustedUntil(breaker)).toBe(end);
    expect(breaker.openUntil).toBe(end);
    expect(isClosedBySecret(breaker, 'r99', now)).toBe(false);
    expect(isClosedBySecret(breaker, 'r99', end - 1)).toBe(false);
    expect(isClosedBySecret(breaker, 'r99', end)).toBe(true);
  });

  it('allow no other one also if SSM does not give the secret', () => {
    const before: Breaker = { ...wrongSecrets(10), reason: 'unreported' };
    const after = recordMissingSecret(before, NOON + 10 * MINUTE);
    expect(after).toMatchObject({ reason: 'no-secret', openUntil: NOON + HOUR + LEASE_MS });
    expect(isClosedBySecret(after, 'r99', NOON + 10 * MINUTE)).toBe(false);
  });
});

describe('after any outcomes,', () => {
  type Outcome = Failure | 'no secret' | 'worked' | 'lost';
  const outcome = fc.constantFrom<Outcome>(
    refused,
    limited,
    unreachable,
    'no secret',
    'worked',
    'lost',
  );

  function breakerAfter(
    before: Breaker | undefined,
    outcome: Outcome,
    secret: string,
    now: number,
  ) {
    if (outcome === 'no secret') return recordMissingSecret(before, now);
    const counted = countCall(before, secret, now);
    if (outcome === 'lost') return counted;
    if (outcome === 'worked') return recordSuccess(counted);
    return recordFailure(counted, outcome, now);
  }

  const wait = fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 90 * MINUTE }) },
  );

  it('at most five calls in an hour with one secret, and ten in all, were or may have been refused', () => {
    const isWritten = fc.boolean();
    const calls = fc.array(fc.record({ outcome, wait, isWritten }), { maxLength: 60 });
    fc.assert(
      fc.property(calls, (calls) => {
        let breaker: Breaker | undefined;
        let now = NOON;
        let writings = 10;
        const refusals: { at: number; secret: string }[] = [];
        for (const { outcome, wait, isWritten } of calls) {
          now += wait;
          if (isWritten) writings += 1;
          const secret = `r${writings}`;
          // The call is made as soon as possible. A lease that is not released lasts eight seconds.
          if (breaker && !isClosedBySecret(breaker, secret, now)) {
            now = Math.max(now, breaker.openUntil);
          }
          breaker = breakerAfter(breaker, outcome, secret, now);
          const mayBeRefused = [refused, limited, 'lost'].includes(outcome);
          if (mayBeRefused) refusals.push({ at: now, secret });
          if (outcome === 'lost') now += LEASE_MS;
        }
        for (const first of refusals) {
          const inHour = refusals.filter(({ at }) => at >= first.at && at < first.at + HOUR);
          expect(inHour.length).toBeLessThanOrEqual(10);
          const same = inHour.filter(({ secret }) => secret === first.secret);
          expect(same.length).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('the breaker is read as it was written by clocks that differ by four seconds', () => {
    const steps = fc.array(fc.record({ outcome, wait }), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (steps) => {
        let breaker: Breaker | undefined;
        let now = NOON;
        for (const { outcome, wait } of steps) {
          now = Math.max(now + wait, breaker?.openUntil ?? 0);
          breaker = breakerAfter(breaker, outcome, 'r1', now);
          expect(breakerWithoutFutureTimes(breaker, now - CLOCK_SKEW_MS)).toEqual(breaker);
        }
      }),
    );
  });

  it('a breaker of a clock that is far ahead delays the next call by an hour at most', () => {
    const aheads = fc.integer({ min: 0, max: 10_000 * HOUR });
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1, maxLength: 40 }), aheads, (outcomes, ahead) => {
        let breaker: Breaker | undefined;
        for (const outcome of outcomes) {
          breaker = breakerAfter(
            breaker,
            outcome,
            'r1',
            Math.max(NOON + ahead, breaker?.openUntil ?? 0),
          );
        }
        const end = NOON + HOUR + LEASE_MS + CLOCK_SKEW_MS;
        expect(breakerWithoutFutureTimes(breaker as Breaker, NOON).openUntil).toBeLessThanOrEqual(
          end,
        );
      }),
    );
  });

  it('the next call is delayed by an hour and a lease at most', () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), (outcomes) => {
        let breaker: Breaker | undefined;
        let now = NOON;
        for (const outcome of outcomes) {
          now = Math.max(now, breaker?.openUntil ?? 0);
          breaker = breakerAfter(breaker, outcome, 'r1', now);
          expect(breaker.openUntil).toBeLessThanOrEqual(now + HOUR + LEASE_MS);
        }
      }),
    );
  });
});

describe('calls of what WeCom limits by the hour', () => {
  /** The breaker after calls that gave a token, a minute apart. */
  function calls(times: number): Breaker {
    let breaker: Breaker | undefined;
    for (let n = 0; n < times; n += 1) {
      breaker = recordSuccess(countCall(breaker, '', NOON + n * MINUTE, true));
    }
    return breaker as Breaker;
  }

  it.each([
    [1, 0],
    [4, 0],
    [5, NOON + 14 * MINUTE],
    [9, NOON + 18 * MINUTE],
  ])('count also if they give a token: after %i the next one is allowed at %i', (times, at) => {
    expect(calls(times).openUntil).toBe(at);
  });

  it('no longer count after an hour', () => {
    expect(restUntil({ calls: [0, 55, 56, 57, 58].map((minute) => NOON + minute * MINUTE) })).toBe(
      NOON + HOUR + LEASE_MS,
    );
  });

  it('are counted once if only the response to the count was lost', () => {
    const counted = countCall(undefined, '', NOON, true);
    expect(countCall(counted, '', NOON + 1, true, NOON)).toBe(counted);
  });

  it('pause also where no answer came, and where there is no access_token', () => {
    const counted = countCall(calls(4), '', NOON + 4 * MINUTE, true);
    const failed = recordFailure(counted, unreachable, NOON + 5 * MINUTE);
    expect(failed).toMatchObject({ reason: 'unreachable', openUntil: NOON + 14 * MINUTE });
    const missing = recordMissingSecret(calls(5), NOON + 5 * MINUTE);
    expect(missing.openUntil).toBe(NOON + 14 * MINUTE);
    expect(isClosedBySecret(missing, '', NOON + 13 * MINUTE)).toBe(false);
    expect(isClosedBySecret(missing, '', NOON + 14 * MINUTE)).toBe(true);
  });

  it('of a clock that is far ahead allow one more', () => {
    const ahead = { ...calls(5), calls: calls(5).calls?.map((at) => at + 10 * HOUR) };
    const stored = { ...ahead, openUntil: restUntil(ahead) };
    const now = NOON + HOUR;
    const read = breakerWithoutFutureTimes(stored, now);
    expect(read.openUntil).toBe(now);
    const next = recordSuccess(countCall(read, '', now, true));
    expect(next.openUntil).toBeGreaterThan(now + 9 * MINUTE);
  });

  it('are not kept of what WeCom does not limit', () => {
    expect(countCall(undefined, 'r1', NOON)).not.toHaveProperty('calls');
  });
});
