import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chargeCall,
  chargeNewSecret,
  closeBreaker,
  closedByNewSecret,
  type Failure,
  openBreaker,
  stricterBreaker,
} from '../../../lib/token/breaker.ts';
import type { Breaker } from '../../../lib/token/tokenRecord.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = Date.parse('2026-03-02T12:00:00Z');

const refused: Failure = { reason: 'refused', errcode: 40001, secretRevision: 'r1' };
const limited: Failure = { reason: 'limited', errcode: 45009, secretRevision: 'r1' };
const unreachable: Failure = { reason: 'unreachable', errcode: -1, secretRevision: 'r1' };
const noSecret: Failure = { reason: 'no-secret', errcode: -1, secretRevision: '' };

/** A call at a time that fails so, on top of what was before. */
function failing(before: Breaker | undefined, failure: Failure, now = NOON): Breaker {
  const charged = chargeCall(before, now);
  const anew =
    failure === noSecret ? undefined : chargeNewSecret(charged, failure.secretRevision, now);
  return openBreaker(anew ?? charged, failure, now);
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
      breaker = failing(breaker, { ...unreachable, secretRevision: 'r2' }, now);
      expect(breaker).toMatchObject({ reason: 'refused', failures: 0, secretRevision: 'r2' });
      expect(breaker.openUntil).toBe(now + 30_000);
    }
    const after = failing(breaker, { ...refused, secretRevision: 'r2' }, NOON + 2 * HOUR);
    expect(after).toMatchObject({ failures: 1, openUntil: NOON + 2 * HOUR + MINUTE });
  });

  it('begins to count anew with another secret', () => {
    const after = failing(repeat(4, refused), { ...refused, secretRevision: 'r2' }, NOON + HOUR);
    expect(after).toMatchObject({ failures: 1, since: NOON, secretRevision: 'r2' });
    expect(after.openUntil).toBe(NOON + HOUR + MINUTE);
  });

  it('counts the first call with another secret before it is made as well', () => {
    const charged = chargeCall(repeat(4, refused), NOON + HOUR);
    const anew = chargeNewSecret(charged, 'r2', NOON + HOUR) as Breaker;
    expect(anew).toMatchObject({ failures: 1, secretRevision: 'r2', openUntil: NOON + HOUR });
    expect(closedByNewSecret(anew, 'r2')).toBe(false);
    expect(chargeCall(anew, NOON + HOUR).openUntil).toBe(NOON + HOUR + 5 * MINUTE);
    expect(chargeNewSecret(charged, 'r1', NOON + HOUR)).toBeUndefined();
    expect(chargeNewSecret(chargeCall(undefined, NOON), 'r2', NOON)).toBeUndefined();
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
    let breaker: Breaker | undefined;
    const pauses = [1, 2, 3, 4, 5].map(() => {
      breaker = chargeCall(breaker, NOON);
      return (breaker.openUntil - NOON) / MINUTE;
    });
    expect(pauses).toEqual([0, 0, 0, 30, 60]);
    expect(breaker).toMatchObject({ reason: 'unreported', errcode: -1, failures: 5 });
  });

  it('goes on with the pauses of a secret that was refused before', () => {
    const charged = chargeCall(repeat(2, refused), NOON + HOUR);
    expect(charged).toMatchObject({ reason: 'refused', failures: 3 });
    expect(charged.openUntil).toBe(NOON + HOUR + 15 * MINUTE);
  });

  it('is forgotten with the next token', () => {
    const charged = chargeCall(chargeCall(undefined, NOON), NOON);
    expect(closeBreaker(charged, NOON)).toBeUndefined();
  });
});

describe('the breaker without a secret', () => {
  it('counts no call and tries again soon', () => {
    expect(failing(undefined, noSecret)).toMatchObject({
      reason: 'no-secret',
      failures: 0,
      openUntil: NOON + 2_000,
    });
  });

  it('still knows of the refusals', () => {
    const after = failing(repeat(2, refused), noSecret, NOON + HOUR);
    expect(after).toMatchObject({ reason: 'refused', errcode: 40001, failures: 2 });
  });

  it('says so no longer once a call was made', () => {
    expect(chargeCall(failing(undefined, noSecret), NOON).reason).toBe('unreported');
  });
});

describe('closing the breaker', () => {
  it('leaves nothing behind where nothing failed, and no count where nothing was refused', () => {
    expect(closeBreaker(chargeCall(undefined, NOON), NOON)).toBeUndefined();
    const charged = chargeCall(failing(undefined, unreachable), NOON);
    expect(closeBreaker(charged, NOON)).toMatchObject({ reason: 'closed', failures: 0 });
  });

  it('keeps the count of refusals for an hour after the last call', () => {
    const later = NOON + 2 * MINUTE;
    const closed = closeBreaker(chargeCall(repeat(2, refused), later), later);
    expect(closed).toMatchObject({ reason: 'closed', failures: 2, openUntil: later });
    const soon = failing(closed, refused, later + MINUTE);
    expect(soon).toMatchObject({ failures: 3, since: later + MINUTE });
    expect(failing(closed, refused, later + HOUR).failures).toBe(1);
  });

  it('keeps it also where calls that nobody reported on came after them', () => {
    const unreported = chargeCall(undefined, NOON + HOUR);
    const both = stricterBreaker(repeat(3, refused), unreported);
    expect(both).toMatchObject({ reason: 'unreported', failures: 3 });
    const charged = chargeCall(both, NOON + HOUR);
    expect(closeBreaker(charged, NOON + HOUR)).toMatchObject({ failures: 3 });
  });

  it('keeps no count of another secret, but which one works', () => {
    const charged = chargeCall(repeat(2, refused), NOON + HOUR);
    const anew = chargeNewSecret(charged, 'r2', NOON + HOUR) as Breaker;
    const closed = closeBreaker(anew, NOON + HOUR);
    expect(closed).toMatchObject({ reason: 'closed', failures: 0, secretRevision: 'r2' });
  });

  it.each([
    ['refused', true],
    ['limited', true],
    ['no-secret', true],
    ['unreachable', false],
    ['unreported', false],
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

  it('one of a call that nobody reported on is of the same secret', () => {
    const unreported = chargeCall(undefined, second.openUntil + 1);
    for (const both of [stricterBreaker(unreported, second), stricterBreaker(second, unreported)]) {
      expect(both).toMatchObject({ failures: 3, secretRevision: 'r1' });
    }
  });
});

describe('whatever happens', () => {
  const outcome = fc.constantFrom<Failure | 'worked' | 'lost'>(
    refused,
    limited,
    unreachable,
    noSecret,
    'worked',
    'lost',
  );

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
          const charged = chargeCall(breaker, now);
          if (outcome === refused || outcome === limited) refusals.push(now);
          if (outcome === 'lost') {
            refusals.push(now);
            breaker = charged;
            now += 8_000;
          } else if (outcome === 'worked') {
            // With a token that worked, lost reports before it were no refusals.
            if (charged.reason === 'unreported') refusals.length = 0;
            breaker = closeBreaker(charged, now);
          } else breaker = openBreaker(charged, outcome, now);
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
          const charged = chargeCall(breaker, now);
          if (outcome === 'lost') breaker = charged;
          else if (outcome === 'worked') breaker = closeBreaker(charged, now);
          else breaker = openBreaker(charged, outcome, now);
          expect(breaker?.openUntil ?? now).toBeLessThanOrEqual(now + HOUR);
        }
      }),
    );
  });
});
