import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runTicketScenario, ticketScenarios } from './ticketModel.ts';

/* A few scenarios here; `npm run bench:token-model` runs many. */

it('no scenario reaches the limit of an hour or uses a ticket that was removed, and there is one again', async () => {
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(ticketScenarios, async (scenario) => {
      const { violations, ticketCalls } = await runTicketScenario(scenario);
      calls += ticketCalls;
      expect(violations).toEqual([]);
    }),
    { numRuns: 100 },
  );
  // Without many calls, the scenarios would prove nothing.
  expect(calls).toBeGreaterThan(1_000);
}, 240_000);
