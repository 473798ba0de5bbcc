import fc from 'fast-check';
import {
  NEVER,
  type Outcome,
  runScenario,
  scenarios,
  stormyScenarios,
} from '../../tests/lib/token/model.ts';
import {
  NEVER_WITH_TICKETS,
  runTicketScenario,
  ticketScenarios,
} from '../../tests/lib/token/ticketModel.ts';

/*
 * Runs random scenarios of the model in tests/lib/token/model.ts: 10 000 by default, and for each hundred
 * of them one more with 1 000 early revocations and 20 wrong secrets. For each ten it runs one more of
 * the model in tests/lib/token/ticketModel.ts.
 *
 *   npm run bench:token-model [-- <scenarios>]
 */

const count = Number(process.argv[2] ?? 10_000);
const began = performance.now();
const sums: Omit<Outcome, 'violations'> = {
  gettokenCalls: 0,
  refusedCalls: 0,
  localCalls: 0,
  tokensHandedOut: 0,
};

async function check<Scenarios>(property: fc.IAsyncProperty<Scenarios>, numRuns: number) {
  const run = await fc.check(property, { numRuns });
  const failure = run.failed && `\n${run.errorInstance}\n${fc.defaultReportMessage(run)}`;
  return { numRuns: run.numRuns, seed: run.seed, failure };
}

async function runScenarios(arbitrary: typeof scenarios, numRuns: number) {
  const property = fc.asyncProperty(arbitrary, async (scenario) => {
    const { violations, ...outcome } = await runScenario(scenario);
    if (violations.length > 0) throw new Error(violations.join('\n'));
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) {
      Object.assign(sums, { [name]: sums[name] + outcome[name] });
    }
  });
  return check(property, numRuns);
}

const ofTickets = { ticketCalls: 0, ticketsHandedOut: 0 };
const tickets = fc.asyncProperty(ticketScenarios, async (scenario) => {
  const { violations, ticketCalls, ticketsHandedOut } = await runTicketScenario(scenario);
  if (violations.length > 0) throw new Error(violations.join('\n'));
  ofTickets.ticketCalls += ticketCalls;
  ofTickets.ticketsHandedOut += ticketsHandedOut;
});

const runs = [
  await runScenarios(scenarios, count),
  await runScenarios(stormyScenarios, Math.ceil(count / 100)),
  await check(tickets, Math.ceil(count / 10)),
];
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
const [calm, stormy, withTickets] = runs.map(({ numRuns, seed }) => `${numRuns} (seed ${seed})`);
console.log(
  `${calm} scenarios, ${stormy} with many revocations and ${withTickets} of a ticket in ${seconds} s. In total:`,
);
console.log(`  ${sums.tokensHandedOut} tokens handed out`);
console.log(`  ${sums.gettokenCalls} gettoken, of which ${sums.refusedCalls} were refused`);
console.log(`  ${sums.localCalls} of them without DynamoDB`);
console.log(`  ${ofTickets.ticketsHandedOut} tickets handed out`);
console.log(`  ${ofTickets.ticketCalls} calls for a ticket`);
console.log('\nThe model found none of these, unless a failure is listed below:');
for (const what of [...Object.values(NEVER), ...Object.values(NEVER_WITH_TICKETS)]) {
  console.log(`  - ${what}`);
}
for (const { failure } of runs) {
  if (!failure) continue;
  console.log(failure);
  process.exitCode = 1;
}
