import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Bilingual } from '../../lib/bilingual.ts';
import { REGION } from '../deployment/parameters.ts';
import { optionTakenByNpm } from '../npmOptions.ts';
import { misunderstood } from './exit.ts';

/**
 * Parses the arguments of a command. Stricter than Node's parser, which takes the last of two values and
 * an empty one: `--until "$END"` without END would be a grant without an end. Its own texts are English.
 *
 * @throws ExitError for an option that is unknown, that has no value or one too many, or that npm took
 */
export function parseOptions<Options extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  options: Options,
) {
  const taken = optionTakenByNpm(Object.keys(options), argv, environment);
  if (taken) throw misunderstood(taken);
  const common = { args: [...argv], allowPositionals: true, options };
  const { tokens } = parseArgs({ ...common, strict: false, tokens: true });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const problem = problemOf(token, options, seen);
    if (problem) throw misunderstood(problem);
    seen.add(token.name);
  }
  return parseArgs(common);
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  /** Whether the value follows a `=`. */
  readonly inlineValue?: boolean | undefined;
}

function problemOf(
  { name, rawName, value, inlineValue }: OptionToken,
  options: ParseArgsOptionsConfig,
  seen: ReadonlySet<string>,
): Bilingual | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    return { zh: `没有选项 ${rawName}`, en: `There is no option ${rawName}` };
  }
  if (seen.has(name) && option.type === 'string' && !option.multiple) {
    return { zh: `${rawName} 重复`, en: `${rawName} is given twice` };
  }
  if (option.type === 'boolean') {
    if (value === undefined) return undefined;
    return { zh: `${rawName} 不带值`, en: `${rawName} takes no value` };
  }
  // A value that begins with a dash is more likely the next option.
  if (value === undefined || (!inlineValue && /^-./.test(value))) {
    return { zh: `${rawName} 缺少值`, en: `${rawName} needs a value` };
  }
  if (value === '') return { zh: `${rawName} 的值为空`, en: `${rawName} is empty` };
  // The SDK makes host names of it.
  if (name !== 'region' || REGION.test(value)) return undefined;
  return { zh: `--region 不是 AWS 区域：${value}`, en: `--region is not an AWS region: ${value}` };
}

/**
 * Whether the command's help is to be printed: if it was asked for, or if there are no arguments at all.
 *
 * @throws ExitError for options without anything to do
 */
export function wantsHelp(
  argv: readonly string[],
  help: boolean | undefined,
  positionals: readonly string[],
): boolean {
  if (help || argv.length === 0) return true;
  if (positionals.length > 0) return false;
  throw misunderstood({
    zh: '只有选项，没有说明要做什么',
    en: 'There are only options, and nothing to do',
  });
}

/** @throws ExitError for arguments of a command that takes none, or no more */
export function refuseMore(positionals: readonly string[]): void {
  if (positionals.length === 0) return;
  throw misunderstood({
    zh: `多余的参数：${positionals.join(' ')}`,
    en: `Unknown arguments: ${positionals.join(' ')}`,
  });
}
