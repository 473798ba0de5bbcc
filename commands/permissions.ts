import { run } from './permissions/run.ts';

/** Asks where a person can answer, and only there. */
const interactive = process.stdin.isTTY && process.stderr.isTTY;

async function confirm(message: string): Promise<boolean> {
  const prompts = await import('@inquirer/prompts');
  // The question goes beside the output, which may be piped into a file.
  return prompts
    .confirm({ message, default: false }, { output: process.stderr })
    .catch(() => false);
}

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  print: (text) => process.stdout.write(`${text}\n`),
  reportError: (text) => process.stderr.write(`${text}\n`),
  confirm: interactive ? confirm : undefined,
  now: Date.now,
});
