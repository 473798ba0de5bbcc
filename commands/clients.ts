import { lookup } from './clients/lookup.ts';
import { run } from './clients/run.ts';

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  print: (text) => process.stdout.write(`${text}\n`),
  warn: (text) => process.stderr.write(`${text}\n`),
  lookup,
  now: Date.now,
});
