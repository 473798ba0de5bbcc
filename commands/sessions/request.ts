import { isSub } from '../../lib/permissions/person.ts';
import { isUserid } from '../../lib/wecom/userid.ts';
import { type CommonOptions, parseArguments } from '../administration/command.ts';
import { misunderstood } from '../administration/exit.ts';
import { wantsHelp } from '../administration/options.ts';

/** A person, by userid or by `sub`. */
export type Person = { readonly userid: string } | { readonly sub: string };

/** One command with its arguments. */
export type Request =
  | { readonly do: 'list'; readonly person: Person | undefined }
  | { readonly do: 'end'; readonly person: Person };

/** @throws ExitError */
export function readRequest(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): { request: Request; options: CommonOptions } | 'help' {
  const { values, positionals } = parseArguments(argv, environment, {});
  const { help, ...options } = values;
  if (wantsHelp(argv, help, positionals)) return 'help';
  const [command, who, ...more] = positionals;
  if (command !== 'list' && command !== 'end') {
    throw misunderstood({ zh: `没有命令 ${command}`, en: `There is no command ${command}` });
  }
  if (more.length > 0) {
    throw misunderstood({ zh: `${command} 的参数太多`, en: `${command} has too many arguments` });
  }
  if (command === 'list') {
    const person = who === undefined ? undefined : readPerson(who);
    return { request: { do: 'list', person }, options };
  }
  return { request: { do: 'end', person: readPerson(who ?? '') }, options };
}

/** @throws ExitError */
function readPerson(text: string): Person {
  const [kind, ...rest] = text.split(':');
  const id = rest.join(':');
  if (kind === 'user' && isUserid(id)) return { userid: id };
  if (kind === 'sub' && isSub(id)) return { sub: id };
  throw misunderstood({
    zh: `应为 user:<userid> 或 sub:<sub>，而不是 ${text || '空'}`,
    en: `Write user:<userid> or sub:<sub>, not ${text || 'nothing'}`,
  });
}
