import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runStory, type Story, stories, stormyStories } from './model.ts';

/*
 * A few hundred stories here; `npm run bench:token-model` runs ten thousand. What must never happen
 * is listed in model.ts.
 */

async function runStories(arbitrary: fc.Arbitrary<Story>, numRuns: number): Promise<number> {
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(arbitrary, async (story) => {
      const { violations, gettokenCalls } = await runStory(story);
      calls += gettokenCalls;
      expect(violations).toEqual([]);
    }),
    { numRuns },
  );
  return calls;
}

it('whatever happens to a fleet, nothing happens that must not, and it recovers', async () => {
  // Without many calls the stories would prove nothing.
  expect(await runStories(stories, 300)).toBeGreaterThan(1_000);
}, 240_000);

it('1 000 early revocations and 20 writings of a wrong secret keep the bounds', async () => {
  expect(await runStories(stormyStories, 10)).toBeGreaterThan(500);
}, 240_000);
