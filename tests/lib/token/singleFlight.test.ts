import { describe, expect, it } from 'vitest';
import { SingleFlight } from '../../../lib/token/singleFlight.ts';
import { createVirtualClock } from '../../harness/virtualClock.ts';

const MAX_WAIT_MS = 8_000;

function setUp() {
  const clock = createVirtualClock();
  const flights = new SingleFlight<string>({ clock, maxWaitMs: MAX_WAIT_MS });
  const started: string[] = [];
  const takes =
    (milliseconds: number, result: string | undefined, name = 'work') =>
    async () => {
      started.push(name);
      await clock.sleep(milliseconds);
      return result;
    };
  const never = () => {
    started.push('never');
    return new Promise<string>(() => {});
  };
  const far = clock.now() + 60_000;
  return { clock, flights, started, takes, never, far };
}

describe('a single flight', () => {
  it('is shared by all callers with the same key', async () => {
    const { clock, flights, started, takes, far } = setUp();
    const asking = Array.from({ length: 20 }, () => flights.join('k', far, takes(100, 'T')));
    expect(await clock.run(Promise.all(asking))).toEqual(Array(20).fill('T'));
    expect(started).toHaveLength(1);
  });

  it('is not shared by callers with another key, in any order', async () => {
    const { clock, flights, started, takes, far } = setUp();
    const asking = Array.from({ length: 20 }, (_, n) =>
      flights.join(n % 2 ? 'odd' : 'even', far, takes(100, n % 2 ? 'O' : 'E', n % 2 ? 'o' : 'e')),
    );
    expect(new Set(await clock.run(Promise.all(asking)))).toEqual(new Set(['O', 'E']));
    expect(started).toEqual(['e', 'o']);
  });

  it('is not shared after its end', async () => {
    const { clock, flights, started, takes, far } = setUp();
    await clock.run(flights.join('k', far, takes(100, 'T')));
    await clock.run(flights.join('k', far, takes(100, 'U')));
    expect(started).toHaveLength(2);
  });

  it('that fails, fails for all callers', async () => {
    const { clock, flights, far } = setUp();
    const failing = async () => {
      await clock.sleep(10);
      throw new Error('no');
    };
    const asking = [flights.join('k', far, failing), flights.join('k', far, failing)];
    const outcomes = await clock.run(Promise.allSettled(asking));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('a flight of a frozen invocation', () => {
  it('does not block a later caller', async () => {
    const { clock, flights, started, never, takes, far } = setUp();
    void flights.join('k', far, never);
    await clock.pass(10 * 60_000);
    const before = clock.now();
    const later = flights.join('k', clock.now() + 15_000, takes(100, 'T', 'again'));
    expect(await clock.run(later)).toBe('T');
    expect(started).toEqual(['never', 'again']);
    expect(clock.now() - before).toBe(100);
  });

  it('is waited for no longer than the limit after its start', async () => {
    const { clock, flights, never, takes, far } = setUp();
    void flights.join('k', far, never);
    await clock.pass(1_000);
    const before = clock.now();
    const asking = Array.from({ length: 5 }, () => flights.join('k', far, takes(100, 'T')));
    await clock.run(Promise.all(asking));
    expect(clock.now() - before).toBe(MAX_WAIT_MS - 1_000 + 100);
  });

  it('is replaced by one flight for all callers that waited', async () => {
    const { clock, flights, started, never, takes, far } = setUp();
    void flights.join('k', far, never);
    const asking = Array.from({ length: 5 }, () => flights.join('k', far, takes(100, 'T')));
    await clock.run(Promise.all(asking));
    expect(started).toEqual(['never', 'work']);
  });

  it('that ends late does not end the flight that replaced it', async () => {
    const { clock, flights, started, takes, far } = setUp();
    const slow = flights.join('k', far, takes(9_000, 'old', 'slow'));
    await clock.pass(8_500);
    const first = flights.join('k', far, takes(2_000, 'new'));
    await clock.pass(1_000);
    const second = flights.join('k', far, takes(2_000, 'new'));
    expect(await clock.run(Promise.all([slow, first, second]))).toEqual(['old', 'new', 'new']);
    expect(started).toEqual(['slow', 'work']);
  });
});

describe('the deadline', () => {
  it('of a caller ends its wait, not the flight', async () => {
    const { clock, flights, takes, far } = setUp();
    const flight = flights.join('k', far, takes(5_000, 'T'));
    const before = clock.now();
    const hurried = flights.join('k', clock.now() + 1_000, takes(1, 'unused'));
    expect(await clock.run(hurried)).toBeUndefined();
    expect(clock.now() - before).toBe(1_000);
    expect(await clock.run(flight)).toBe('T');
  });

  it('of the starter is not that of the other callers', async () => {
    const { clock, flights, started, takes, far } = setUp();
    const starter = flights.join('k', far, takes(100, undefined, 'first'));
    const other = flights.join('k', far, takes(100, 'T', 'second'));
    expect(await clock.run(Promise.all([starter, other]))).toEqual([undefined, 'T']);
    expect(started).toEqual(['first', 'second']);
  });
});
