import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { UserError } from '../packages/emulator/source/commands/language.ts';

/**
 * Parses the options of `npm start`.
 *
 * @throws UserError for an unknown option, and for one that npm took for itself because ` -- ` is missing;
 *   npm leaves those in the environment, as `npm_config_fresh`
 */
export function readOptions<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  options: Options,
) {
  const taken = Object.keys(options).find(
    (name) => name !== 'help' && environment[`npm_config_${name}`],
  );
  if (taken !== undefined) {
    const line = `npm start -- --${taken}`;
    throw new UserError({
      en: `npm did not pass --${taken} on. Write -- before the options: ${line}`,
      zh: `npm 没有传递 --${taken}。请在选项之前加上 --：${line}`,
    });
  }
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const { message } = error as Error;
    throw new UserError({
      en: `${message} See npm start -- --help`,
      zh: `${message} 用法：npm start -- --help`,
    });
  }
}
