import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runScenario, type Scenario, scenarios, stormyScenarios } from './model.ts';

/*
 * A few hundred scenarios here; `npm run bench:token-model` runs ten thousand. What must never happen
 * is listed in model.ts.
 */

async function runScenarios(arbitrary: fc.Arbitrary<Scenario>, numRuns: number): Promise<number> {
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(arbitrary, async (scenario) => {
      const { violations, gettokenCalls } = await runScenario(scenario);
      calls += gettokenCalls;
      expect(violations).toEqual([]);
    }),
    { numRuns },
  );
  return calls;
}

it('no scenario does what must never happen, and sign-in works again after it', async () => {
  // Without many calls, the scenarios would prove nothing.
  expect(await runScenarios(scenarios, 300)).toBeGreaterThan(1_000);
}, 240_000);

it('1 000 early revocations and 20 writings of a wrong secret keep the bounds', async () => {
  expect(await runScenarios(stormyScenarios, 10)).toBeGreaterThan(500);
}, 240_000);
