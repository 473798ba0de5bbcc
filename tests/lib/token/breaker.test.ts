import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chargeCall,
  closeBreaker,
  closedByNewSecret,
  type Failure,
  openBreaker,
  stricterBreaker,
  withoutSecret,
} from '../../../lib/token/breaker.ts';
import type { Breaker } from '../../../lib/token/tokenRecord.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = Date.parse('2026-03-02T12:00:00Z');

const refused: Failure = { reason: 'refused', errcode: 40001 };
const limited: Failure = { reason: 'limited', errcode: 45009 };
const unreachable: Failure = { reason: 'unreachable', errcode: -1 };

/** A call at a time that fails so, on top of what was before. */
function failing(before: Breaker | undefined, failure: Failure, now = NOON, secret = 'r1') {
  return openBreaker(chargeCall(before, secret, now), failure, now);
}

/** So many calls in a row that nobody reported on. */
function unreported(times: number, now = NOON, before?: Breaker): Breaker {
  let breaker = chargeCall(before, 'r1', now);
  for (let n = 1; n < times; n += 1) breaker = chargeCall(breaker, 'r1', now);
  return breaker;
}

function repeat(times: number, failure: Failure, at = NOON): Breaker {
  let breaker = failing(undefined, failure, at);
  for (let n = 1; n < times; n += 1) breaker = failing(breaker, failure, breaker.openUntil);
  return breaker;
}

describe('the breaker after refusals', () => {
  it('pauses 1, 5, 15, 30 and then 60 minutes', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7].map((times) => {
      const breaker = repeat(times, refused);
      return (breaker.openUntil - breaker.calledAt) / MINUTE;
    });
    expect(pauses).toEqual([1, 5, 15, 30, 60, 60, 60]);
  });

  it('keeps what WeCom said, and since when', () => {
    const breaker = repeat(3, limited);
    expect(breaker).toMatchObject({ reason: 'limited', errcode: 45009, failures: 3, since: NOON });
  });

  it('takes a call without an answer for another refusal: it may have counted at WeCom', () => {
    const after = failing(repeat(2, refused), unreachable, NOON + HOUR);
    expect(after).toMatchObject({ reason: 'refused', errcode: 40001, failures: 3 });
    expect(after.openUntil).toBe(NOON + HOUR + 15 * MINUTE);
  });

  it('does not hold an unanswered first call against a new secret: tried again in 30 seconds', () => {
    let breaker = repeat(4, refused);
    for (let times = 0; times < 3; times += 1) {
      const now = NOON + HOUR + times * MINUTE;
      breaker = failing(breaker, unreachable, now, 'r2');
      expect(breaker).toMatchObject({ failures: 0, secretRevision: 'r2', openUntil: now + 30_000 });
    }
    const after = failing(breaker, refused, NOON + 2 * HOUR, 'r2');
    expect(after).toMatchObject({ failures: 1, openUntil: NOON + 2 * HOUR + MINUTE });
  });

  it('begins to count anew with another secret, before its first call is made', () => {
    const charged = chargeCall(repeat(4, refused), 'r2', NOON + HOUR);
    expect(charged).toMatchObject({ failures: 1, secretRevision: 'r2', openUntil: NOON + HOUR });
    expect(closedByNewSecret(charged, 'r2')).toBe(false);
    const after = openBreaker(charged, refused, NOON + HOUR);
    expect(after).toMatchObject({ failures: 1, since: NOON, openUntil: NOON + HOUR + MINUTE });
  });

  it('has been announced, until it closes', () => {
    expect(chargeCall(undefined, 'r1', NOON).announced).toBe(false);
    expect(failing(undefined, unreachable).announced).toBe(false);
    const opened = repeat(1, refused);
    expect(opened.announced).toBe(true);
    const charged = chargeCall(opened, 'r2', NOON + HOUR);
    expect(charged.announced).toBe(true);
    expect(openBreaker(charged, unreachable, NOON + HOUR).announced).toBe(true);
    expect(closeBreaker(charged, NOON + HOUR).announced).toBe(false);
  });
});

describe('the breaker after calls without an answer', () => {
  it('pauses as long as it has lasted, 2 to 30 seconds, and counts nothing', () => {
    let breaker = failing(undefined, unreachable);
    const pauses = [breaker.openUntil - NOON];
    for (let n = 0; n < 6; n += 1) {
      const now = breaker.openUntil;
      breaker = failing(breaker, unreachable, now);
      pauses.push(breaker.openUntil - now);
    }
    expect(pauses).toEqual([2_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(breaker.failures).toBe(0);
  });

  it('leaves a refusal that follows its first pause', () => {
    const breaker = failing(failing(undefined, unreachable), refused, NOON + MINUTE);
    expect(breaker).toMatchObject({ reason: 'refused', failures: 1 });
    expect(breaker.openUntil).toBe(NOON + 2 * MINUTE);
  });
});

describe('the breaker after calls that nobody reported on', () => {
  it('costs nothing for the first three and half an hour after the fourth', () => {
    const breakers = [1, 2, 3, 4, 5].map((times) => unreported(times));
    const pauses = breakers.map(({ openUntil }) => (openUntil - NOON) / MINUTE);
    expect(pauses).toEqual([0, 0, 0, 30, 60]);
    expect(breakers[4]).toMatchObject({ reason: 'unreported', errcode: -1, failures: 5 });
  });

  it('goes on with the pauses of a secret that was refused before', () => {
    const charged = unreported(1, NOON + HOUR, repeat(2, refused));
    expect(charged).toMatchObject({ reason: 'refused', failures: 3 });
    expect(charged.openUntil).toBe(NOON + HOUR + 15 * MINUTE);
  });
});

describe('the breaker without a secret', () => {
  it('counts no call and tries again soon', () => {
    const pause = { reason: 'no-secret', openUntil: NOON + 2_000 };
    expect(withoutSecret(undefined, NOON)).toMatchObject({ ...pause, failures: 0 });
    expect(withoutSecret(unreported(2), NOON)).toMatchObject({ ...pause, failures: 2 });
  });

  it('still knows of the refusals, and shortens no pause', () => {
    const before = repeat(2, refused);
    const after = withoutSecret(before, NOON + HOUR);
    expect(after).toEqual({ ...before, openUntil: NOON + HOUR + 2_000 });
    expect(withoutSecret(before, NOON)).toEqual(before);
  });

  it('says so no longer once a call was made', () => {
    expect(chargeCall(withoutSecret(undefined, NOON), 'r1', NOON).reason).toBe('unreported');
  });
});

describe('closing the breaker', () => {
  it('leaves no count where nothing failed, but which secret works', () => {
    for (const before of [undefined, failing(undefined, unreachable)]) {
      expect(closeBreaker(chargeCall(before, 'r1', NOON), NOON)).toMatchObject({
        reason: 'closed',
        failures: 0,
        openUntil: NOON,
        secretRevision: 'r1',
      });
    }
  });

  it('keeps the count for an hour after the last call', () => {
    const later = NOON + 2 * MINUTE;
    for (const before of [repeat(2, refused), unreported(2)]) {
      const closed = closeBreaker(chargeCall(before, 'r1', later), later);
      expect(closed).toMatchObject({ reason: 'closed', failures: 2, openUntil: later });
      const soon = failing(closed, refused, later + MINUTE);
      expect(soon).toMatchObject({ failures: 3, since: later + MINUTE });
      expect(failing(closed, refused, later + HOUR).failures).toBe(1);
    }
  });

  it('keeps no count of another secret', () => {
    const charged = chargeCall(repeat(2, refused), 'r2', NOON + HOUR);
    const closed = closeBreaker(charged, NOON + HOUR);
    expect(closed).toMatchObject({ reason: 'closed', failures: 0, secretRevision: 'r2' });
  });

  it.each([
    ['refused', true],
    ['limited', true],
    ['no-secret', true],
    ['unreachable', false],
    ['unreported', true],
    ['closed', false],
  ] as const)('by a newer secret: %s is %s', (reason, closes) => {
    const breaker = { ...repeat(1, refused), reason };
    expect(closedByNewSecret(breaker, 'r2')).toBe(closes);
    // Without a secret no call was made: the same one is no repetition.
    expect(closedByNewSecret(breaker, 'r1')).toBe(reason === 'no-secret');
    expect(closedByNewSecret(breaker, 'r0')).toBe(false);
  });
});

describe('of two breakers that do not know of each other', () => {
  const first = repeat(1, refused);
  const second = repeat(3, refused);

  it('one alone is what it is', () => {
    expect(stricterBreaker(first, undefined)).toBe(first);
    expect(stricterBreaker(undefined, first)).toBe(first);
    expect(stricterBreaker(undefined, undefined)).toBeUndefined();
  });

  it('the longer pause and the higher count hold', () => {
    const longer = { ...first, openUntil: second.openUntil + 1 };
    for (const both of [stricterBreaker(longer, second), stricterBreaker(second, longer)]) {
      expect(both).toMatchObject({ openUntil: longer.openUntil, failures: 3 });
    }
  });

  it('only the one of the newer secret holds', () => {
    const newer = { ...first, secretRevision: 'r2' };
    expect(stricterBreaker(newer, second)).toBe(newer);
    expect(stricterBreaker(second, newer)).toBe(newer);
  });

  it('only the later one holds, where its call came an hour after that of the other', () => {
    const much = { ...second, calledAt: first.calledAt - HOUR };
    expect(stricterBreaker(first, much)).toBe(first);
    expect(stricterBreaker(much, first)).toBe(first);
  });
});

describe('whatever happens', () => {
  type Outcome = Failure | 'no secret' | 'worked' | 'lost';
  const outcome = fc.constantFrom<Outcome>(
    refused,
    limited,
    unreachable,
    'no secret',
    'worked',
    'lost',
  );

  function breakerAfter(before: Breaker | undefined, outcome: Outcome, now: number): Breaker {
    if (outcome === 'no secret') return withoutSecret(before, now);
    const charged = chargeCall(before, 'r1', now);
    if (outcome === 'lost') return charged;
    if (outcome === 'worked') return closeBreaker(charged, now);
    return openBreaker(charged, outcome, now);
  }

  const wait = fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 90 * MINUTE }) },
  );

  it('at most five calls that are, or may be, refused fall in any hour with one secret', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ outcome, wait }), { maxLength: 60 }), (calls) => {
        let breaker: Breaker | undefined;
        let now = NOON;
        const refusals: number[] = [];
        for (const { outcome, wait } of calls) {
          // As soon as it may be, or later; a lease that nobody gave back runs eight seconds.
          now = Math.max(now + wait, breaker?.openUntil ?? 0);
          breaker = breakerAfter(breaker, outcome, now);
          const mayBeRefused = [refused, limited, 'lost'].includes(outcome);
          if (mayBeRefused) refusals.push(now);
          if (outcome === 'lost') now += 8_000;
        }
        for (const first of refusals) {
          const inHour = refusals.filter((at) => at >= first && at < first + HOUR).length;
          expect(inHour).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('the next call is never put off by more than an hour', () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), (outcomes) => {
        let breaker: Breaker | undefined;
        let now = NOON;
        for (const outcome of outcomes) {
          now = Math.max(now, breaker?.openUntil ?? 0);
          breaker = breakerAfter(breaker, outcome, now);
          expect(breaker.openUntil).toBeLessThanOrEqual(now + HOUR);
        }
      }),
    );
  });
});
