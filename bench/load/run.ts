import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freeStackPort } from '../../tests/harness/freePorts.ts';
import { randomGenerator } from '../../tests/harness/random.ts';
import { loadNow, revision } from '../measure/report.ts';
import { packageFunctions, removePackages } from '../package.ts';
import { arrive, type Operation } from './arrivals.ts';
import { readAudit } from './audit.ts';
import { Changes } from './changes.ts';
import { type Seen, verdictsOf } from './checks.ts';
import { Emulator } from './emulator.ts';
import { AGENT_ID, FaultSwitch } from './faults.ts';
import { watchGenerator } from './generator.ts';
import { MemorySampler, STACK_PROCESSES } from './memory.ts';
import { Monitor } from './monitor.ts';
import { discover, openidSignIn } from './openid.ts';
import { EFFECT_MS, People } from './people.ts';
import { startProbes } from './probes.ts';
import { administration, jssdk, verify, verifyPerson } from './questions.ts';
import { LoadRecord } from './record.ts';
import { report } from './report.ts';
import { type Phase, scheduleOf } from './schedule.ts';
import { administratorSession, pushAppEventsTo, setUpCompany } from './setUp.ts';
import { signInWithoutState, signInWithState } from './signIns.ts';
import { startSingles } from './singles.ts';
import { startStack } from './stack.ts';
import { noSignIns, type World } from './world.ts';

/*
 * npm run bench:load -- [--minutes 10] [--rate 20] [--seed 22]
 * npm run bench:load -- --quick
 *
 * Sustained load with faults, on one machine: the stack of `npm start`, and beside it single instances of
 * six functions, packaged as deployed, that share its DynamoDB, SSM and WeCom as instances on Lambda do.
 * Operations begin at a fixed rate, whatever became of the earlier ones. Faults are switched on and off by
 * schedule.ts. Writes bench/load.md, and exits with 1 if a check of checks.ts fails. `--quick` takes one
 * minute and writes nothing.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '20' },
    seed: { type: 'string', default: '22' },
    quick: { type: 'boolean', default: false },
  },
});
const minutes = values.quick ? 1 : Number(values.minutes);
const [rate, seed] = [Number(values.rate), Number(values.seed)];
// Of something that is no number the schedule would have no end.
if (!(minutes > 0 && rate > 0) || !Number.isInteger(seed)) {
  console.error('--minutes and --rate are numbers above 0, and --seed is a whole number');
  process.exit(2);
}
const REPORT = 'bench/load.md';
const SAMPLE_MS = values.quick ? 5_000 : 15_000;
/** The work that a request left behind ends in this time: retries of queues, late pushes. */
const SETTLING_MS = 20_000;
/** Without a fault. */
const WARM_UP_MS = 10_000;

const before = { load: loadNow(), revision: revision() };
const directory = mkdtempSync(join(tmpdir(), 'load-'));
const probes = await startProbes(join(directory, 'probes.sock'));
const closing: (() => unknown)[] = [() => probes.close()];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await closeAll();
    process.exit(1);
  });
}
try {
  const seen = await run();
  const verdicts = verdictsOf(seen);
  const text = report(seen, verdicts, {
    minutes,
    rate,
    seed,
    revision: before.revision,
    load: [before.load, loadNow()],
  });
  console.log(text);
  if (!values.quick) writeFileSync(REPORT, text);
  process.exitCode = verdicts.every(({ isGood }) => isGood) ? 0 : 1;
} finally {
  await closeAll();
}

/** Stops what was started, the last first. */
async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
  removePackages(directory);
}

async function run(): Promise<Seen> {
  const port = await freeStackPort();
  // For the commands and for `serverless package`, which follow PORT.
  Object.assign(process.env, { PORT: String(port), VERIFY_ACCESS: 'session' });
  const packaged = packageFunctions(directory);
  console.log('Starting the stack …');
  const { addresses, ended, stop } = await startStack(port, {
    ...process.env,
    ...probes.environment,
  });
  closing.push(() => rmSync(resolve(`.local/${port}`), { recursive: true, force: true }), stop);
  const singles = await startSingles(packaged, probes.environment);
  closing.push(() => singles.close());

  const random = randomGenerator(seed);
  const emulator = new Emulator(addresses.wecom);
  const people = new People();
  const beforeLoad: World = {
    record: new LoadRecord(performance.now(), []),
    random,
    people,
    emulator,
    addresses,
    stack: { name: 'stack', url: addresses.api },
    single: { name: 'single', url: singles.url },
    administrator: '',
    signIns: noSignIns(),
  };
  console.log('Setting up the company …');
  await setUpCompany(beforeLoad, directory, { ...process.env, EVENT_BUS: '' });
  await pushAppEventsTo(beforeLoad);
  const administrator = await administratorSession(beforeLoad);
  const provider = await discover(addresses.site);
  const apps = await emulator.call<{ apps: { agentid: number; secret: string }[] }>('GET', 'apps');
  const secret = apps.apps.find(({ agentid }) => agentid === AGENT_ID)?.secret ?? '';

  const warmUp: World = { ...beforeLoad, administrator };
  // One after the other first: the cold starts of all functions at once would be a fault of their own.
  for (const { run } of operationsOf(warmUp, provider)) await run();
  await arrive(operationsOf(warmUp, provider), rate, WARM_UP_MS, random);

  const phases = scheduleOf(minutes, values.quick);
  const record = new LoadRecord(performance.now(), phases);
  const world: World = { ...warmUp, record, signIns: noSignIns() };
  const changes = new Changes(world);
  const monitor = new Monitor(world, changes);
  await monitor.read();
  const services = [...probes.all].find(({ program }) => program.endsWith('local/start.ts'));
  if (services === undefined) throw new Error('the probe of the stack is missing');
  const faults = new FaultSwitch(world, changes, services, secret);
  closing.push(() => faults.close());
  const sampler = new MemorySampler(probes, () => record.now());
  const operations = [...operationsOf(world, provider), { weight: 2, run: () => changes.next() }];
  monitor.start();
  sampler.start(SAMPLE_MS);
  const stopWatching = watchGenerator();
  const durationMs = minutes * 60_000;
  const failed = ended.then((reason): never => {
    throw new Error(reason);
  });
  const [arrivals] = await Promise.race([
    Promise.all([arrive(operations, rate, durationMs, random), follow(phases, faults, record)]),
    failed,
  ]);
  const generator = stopWatching();
  await sampler.stop();

  console.log('The load is over. Waiting for what it left behind …');
  await changes.settled();
  await delay(SETTLING_MS);
  await monitor.stop();
  await delay(EFFECT_MS);
  // Every member once more: what was decided while something was wrong must be right now.
  for (const person of people.all) {
    await verifyPerson(world, world.stack, person, administrator);
  }
  return {
    world,
    changes,
    monitor,
    audit: await readAudit(world, changes),
    arrivals,
    generator,
    series: [...sampler.series.values()],
    measured: [...STACK_PROCESSES, ...singles.names.map((name) => `single ${name}`)],
    durationMs,
    revocations: faults.revokedAtMs.length,
    deadLetters: await deadLetters([addresses.invocation, addresses.sqs]),
  };
}

/** The mix of traffic; the weights are shares of 100. */
function operationsOf(world: World, provider: Awaited<ReturnType<typeof discover>>): Operation[] {
  const { stack, single } = world;
  return [
    { weight: 25, run: () => verify(world, stack) },
    { weight: 8, run: () => signInWithoutState(world, stack) },
    { weight: 8, run: () => signInWithState(world, stack) },
    { weight: 6, run: () => jssdk(world, stack) },
    { weight: 3, run: () => openidSignIn(world, provider) },
    { weight: 4, run: () => administration(world) },
    { weight: 20, run: () => verify(world, single) },
    { weight: 8, run: () => signInWithoutState(world, single) },
    { weight: 8, run: () => signInWithState(world, single) },
    { weight: 8, run: () => jssdk(world, single) },
  ];
}

/** Switches each fault on and off at its time. */
async function follow(phases: readonly Phase[], faults: FaultSwitch, record: LoadRecord) {
  const until = (atMs: number) => delay(Math.max(0, atMs - record.now()));
  for (const { kind, fromMs, faultUntilMs, untilMs } of phases) {
    await until(fromMs);
    console.log(`${(fromMs / 1_000).toFixed(0)} s: ${kind}, ${record.problems.length} problems`);
    await faults.begin(kind);
    await until(faultUntilMs);
    await faults.end(kind);
    await until(untilMs);
  }
}

async function deadLetters(urls: readonly string[]): Promise<number> {
  let count = 0;
  for (const url of urls) {
    const response = await fetch(`${url}/__dead-letters`);
    count += ((await response.json()) as unknown[]).length;
  }
  return count;
}
