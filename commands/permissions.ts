import { thisProcess } from './administration/command.ts';
import { run } from './permissions/run.ts';

async function confirm(message: string): Promise<boolean> {
  const prompts = await import('@inquirer/prompts');
  // Standard output may be redirected to a file.
  return prompts
    .confirm({ message, default: false }, { output: process.stderr })
    .catch(() => false);
}

const isInteractive = process.stdin.isTTY && process.stderr.isTTY;

process.exitCode = await run(process.argv.slice(2), {
  ...thisProcess,
  confirm: isInteractive ? confirm : undefined,
});
