import { parentPort, workerData } from 'node:worker_threads';
import { type Random, randomGenerator } from '../harness/random.ts';
import { foundIn, inputsIn, keptIn, replaceKept, save } from './corpus.ts';
import { type Instrumented, instrument } from './coverage.ts';
import { mutate } from './mutate.ts';

/** What run.ts asks of a worker. */
export interface Task {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  /** Whether to write what the repository keeps. */
  readonly keep: boolean;
  /**
   * The run that is under way: its number and the length of its input, 32 bits each, then the input. run.ts
   * reads it if the run never ends.
   */
  readonly current: SharedArrayBuffer;
}

/** What a worker answers with. */
export interface Outcome {
  readonly runs: number;
  readonly features: number;
  readonly inputs: number;
  readonly found: number;
  /** Where the input of a failure is, and the error. */
  readonly failure?: { readonly path: string; readonly error: string };
}

interface Kept {
  readonly input: Buffer;
  readonly features: readonly number[];
}

const { target: name, seconds, seed, keep, current } = workerData as Task;
const shared = Buffer.from(current);
const seen = new Set<number>();
const kept: Kept[] = [];
let runs = 0;

/** @returns whether it reached something new @throws what the target throws */
async function run({ target, takeFeatures }: Instrumented, input: Buffer): Promise<boolean> {
  runs += 1;
  input.copy(shared, 8);
  shared.writeUInt32LE(input.length, 4);
  shared.writeUInt32LE(runs >>> 0, 0);
  await target.run(input);
  const features = takeFeatures();
  const isNew = features.some((feature) => !seen.has(feature));
  if (isNew) {
    for (const feature of features) seen.add(feature);
    kept.push({ input, features });
  }
  return isNew;
}

async function fuzz(instrumented: Instrumented, random: Random): Promise<Outcome> {
  const begun = [
    ...instrumented.target.seeds.map((text) => Buffer.from(text)),
    ...inputsIn(keptIn(name)),
    ...inputsIn(foundIn(name)),
  ];
  let found = 0;
  const outcome = () => ({ runs, features: seen.size, inputs: kept.length, found });
  let input: Buffer = Buffer.alloc(0);
  try {
    for (input of [Buffer.alloc(0), ...begun]) await run(instrumented, input);
    const end = Date.now() + seconds * 1_000;
    while (Date.now() < end) {
      // New inputs are near the end: half of the time one of the last few is changed.
      const from = random.below(2) === 0 ? kept : kept.slice(-16);
      const other = random.pick(kept).input;
      input = mutate(random.pick(from).input, other, instrumented.words, random);
      if (await run(instrumented, input)) {
        save(foundIn(name), input);
        found += 1;
      }
    }
  } catch (error) {
    const path = save(`${foundIn(name)}-failures`, input);
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...outcome(), failure: { path, error: text } };
  }
  if (keep) replaceKept(name, smallest());
  return outcome();
}

/** Few inputs that reach all that was reached, the short ones first. Counts of loops are left out. */
function smallest(): Buffer[] {
  const missing = new Set([...seen].map(placeOf));
  const chosen: Buffer[] = [];
  for (const { input, features } of [...kept].sort((a, b) => a.input.length - b.input.length)) {
    const places = features.map(placeOf).filter((place) => missing.has(place));
    if (places.length === 0) continue;
    for (const place of places) missing.delete(place);
    chosen.push(input);
  }
  return chosen;
}

/** The place in the code that a feature is about, without how often it ran. */
function placeOf(feature: number): number {
  return feature >> 4;
}

parentPort?.postMessage(await fuzz(await instrument(name), randomGenerator(seed)));
