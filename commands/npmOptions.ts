import type { Bilingual } from '../lib/bilingual.ts';

/** Settings of npm itself, which may stand in an `.npmrc`. Without them a command asks, or prints for people. */
const ALSO_SETTINGS_OF_NPM = ['yes', 'json', 'help'];

/**
 * Finds an option that npm took for itself: `npm run doctor --stage=prod`, without ` -- `, runs the
 * command without its option. npm leaves what it took in the environment, as `npm_config_stage`.
 *
 * @param options the names of the command's options, without dashes
 * @returns an error text; nothing if npm took none of them
 */
export function optionTakenByNpm(
  options: readonly string[],
  environment: NodeJS.ProcessEnv,
): Bilingual | undefined {
  const taken = options.find(
    (name) =>
      !ALSO_SETTINGS_OF_NPM.includes(name) &&
      environment[`npm_config_${name.replaceAll('-', '_')}`],
  );
  if (taken === undefined) return undefined;
  const example = `npm run ${environment['npm_lifecycle_event']} -- --${taken} …`;
  return {
    en: `npm did not pass --${taken} to the command. Write -- before the options: ${example}`,
    zh: `npm 没有把 --${taken} 传给命令。请在选项之前加上 --：${example}`,
  };
}
