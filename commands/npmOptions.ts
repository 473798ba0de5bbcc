import { existsSync, readFileSync } from 'node:fs';
import type { Bilingual } from '../lib/bilingual.ts';

/**
 * Finds options that npm took for itself: `npm run doctor --stage=prod`, without ` -- `, runs the command
 * without its option. npm leaves what it took in the environment, as `npm_config_stage`, beside what an
 * `.npmrc` sets.
 *
 * @param options the names of the command's options, without dashes
 * @param argv what the command got
 * @returns an error text; nothing if npm took none of them
 */
export function optionTakenByNpm(
  options: readonly string[],
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): Bilingual | undefined {
  const valueOfOption = (name: string) => environment[`npm_config_${name.replaceAll('-', '_')}`];
  const taken = options.filter(
    (name) => valueOfOption(name) && !isInSettingsFile(name, environment),
  );
  if (taken.length === 0) return undefined;
  const names = taken.map((name) => `--${name}`).join(', ');
  // After `--stage prod`, with a space, npm leaves "true" here and the value among the words.
  const again = taken.map((name) => {
    const value = valueOfOption(name) ?? '';
    return value === 'true' ? `--${name}` : `--${name}=${quoted(value)}`;
  });
  const words = [...argv.map(quoted), ...again];
  const line = ['npm run', environment['npm_lifecycle_event'], '--', ...words].join(' ');
  return {
    en: `npm did not pass ${names} to the command. Write -- before the options: ${line}`,
    zh: `npm 没有把 ${names} 传给命令。请在选项之前加上 --：${line}`,
  };
}

/** A word for the shell. */
const quoted = (word: string) =>
  /^[\w.,:@/+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** Whether an `.npmrc` has the setting: `yes`, `json` and others are npm's own too. */
function isInSettingsFile(name: string, environment: NodeJS.ProcessEnv): boolean {
  const files = [environment['npm_config_userconfig'], environment['npm_config_globalconfig']];
  const setting = new RegExp(`^\\s*${name}\\s*(=|$)`, 'm');
  return ['.npmrc', ...files].some(
    (file) => file && existsSync(file) && setting.test(readFileSync(file, 'utf8')),
  );
}
