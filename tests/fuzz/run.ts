import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { foundIn, keptIn, save, TARGETS } from './corpus.ts';
import type { Outcome, Task } from './worker.ts';

/*
 * npm run fuzz                                  every target for 60 seconds
 * npm run fuzz -- --seconds 300 grantCsv names  these targets, for five minutes each
 *
 * Changes inputs that reached new branches until they reach others, and looks for one that a parser fails
 * on, or never ends with. New inputs go to artifacts/fuzz/<target>, failures to
 * artifacts/fuzz/<target>-failures; then the exit code is 1.
 *
 * --keep  writes to tests/fuzz/corpus/<target> the fewest and shortest inputs that reach all of it
 * --seed  makes the same changes again, as far as the corpus is the same
 *
 * Jazzer.js would do the same with libFuzzer, but its binary needs glibc 2.38.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    keep: { type: 'boolean', default: false },
  },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
const unknown = positionals.filter((name) => !TARGETS.includes(name));
if (unknown.length > 0 || !(seconds >= 0) || !Number.isInteger(seed)) {
  console.error(
    `Usage: npm run fuzz -- [--seconds N] [--seed N] [--keep] [target…]\nTargets: ${TARGETS.join(', ')}`,
  );
  process.exit(2);
}

/** No input may take so long. */
const MAX_RUN_MS = 10_000;
const MAX_INPUT_BYTES = 1024 * 1024;

for (const target of positionals.length > 0 ? positionals : TARGETS) {
  const outcome = await fuzz(target);
  const { runs, features, inputs, found, failure } = outcome;
  console.log(
    `${target}: ${runs} runs, ${features} features by ${inputs} inputs, ${found} new, seed ${seed}`,
  );
  if (failure === undefined) continue;
  console.error(`${target} fails with ${failure.path}\n${failure.error}`);
  process.exitCode = 1;
}

function fuzz(target: string): Promise<Outcome> {
  const current = new SharedArrayBuffer(MAX_INPUT_BYTES);
  const task: Task = { target, seconds, seed, keep: values.keep, current };
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: task });
  return new Promise((resolve, reject) => {
    let last = 0;
    const watch = setInterval(() => {
      const now = Buffer.from(Buffer.from(current));
      const [run, length] = [now.readUInt32LE(0), now.readUInt32LE(4)];
      if (run > 0 && run === last) {
        const input = now.subarray(8, 8 + length);
        const path = save(`${foundIn(target)}-failures`, input, 'endless-');
        const error = `It did not end within ${MAX_RUN_MS} ms`;
        end({ runs: 0, features: 0, inputs: 0, found: 0, failure: { path, error } });
      }
      last = run;
    }, MAX_RUN_MS);
    const end = (outcome: Outcome) => {
      clearInterval(watch);
      void worker.terminate();
      resolve(outcome);
    };
    worker.once('message', end);
    worker.once('error', (error) => {
      clearInterval(watch);
      reject(error);
    });
  });
}

if (values.keep) console.log(`Kept in ${keptIn('<target>')}`);
