import fc from 'fast-check';
import { expect, it } from 'vitest';
import { live, stories } from './model.ts';

/*
 * A few hundred stories here; `npm run bench:token-model` tells ten thousand. What must never
 * happen is listed in model.ts.
 */
it('whatever happens to a fleet, nothing happens that must not, and it recovers', async () => {
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      const { violations, gettokenCalls } = await live(story);
      calls += gettokenCalls;
      expect(violations).toEqual([]);
    }),
    { numRuns: 300 },
  );
  // Stories in which nothing is at stake would prove nothing.
  expect(calls).toBeGreaterThan(1_000);
}, 120_000);
