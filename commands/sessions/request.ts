import { parseArgs } from 'node:util';
import { isSub } from '../../lib/permissions/person.ts';
import { isUserid } from '../../lib/wecom/userid.ts';
import { misunderstood } from '../permissions/exit.ts';

/** Whose sessions are meant: a member, or a person as applications know them. */
export type Person = { readonly userid: string } | { readonly sub: string };

/** What the administrator asks for. */
export type Request =
  | { readonly do: 'help' }
  | { readonly do: 'list'; readonly person: Person | undefined }
  | { readonly do: 'end'; readonly person: Person };

export interface Options {
  readonly stage: string;
  readonly region?: string | undefined;
  readonly table?: string | undefined;
  readonly json: boolean;
}

/** @throws ExitError */
export function readRequest(argv: readonly string[]): Request & { options: Options } {
  const { values, positionals } = parse(argv);
  const { help, ...options } = values;
  if (!/^[\w-]{1,64}$/.test(options.stage)) {
    throw misunderstood({ zh: '--stage 不是环境名', en: '--stage is not the name of a stage' });
  }
  const [command, who, ...more] = positionals;
  if (help || command === undefined) return { do: 'help', options };
  if (command !== 'list' && command !== 'end') {
    throw misunderstood({ zh: `没有命令 ${command}`, en: `There is no command ${command}` });
  }
  if (more.length > 0) {
    throw misunderstood({ zh: `${command} 的参数太多`, en: `${command} has too many arguments` });
  }
  if (command === 'list') {
    return { do: 'list', person: who === undefined ? undefined : readPerson(who), options };
  }
  return { do: 'end', person: readPerson(who ?? ''), options };
}

/** @throws ExitError */
function readPerson(text: string): Person {
  const [kind, ...rest] = text.split(':');
  const id = rest.join(':');
  if (kind === 'user' && isUserid(id)) return { userid: id };
  if (kind === 'sub' && isSub(id)) return { sub: id };
  throw misunderstood({
    zh: `应为 user:<userid> 或 sub:<sub>，而不是 ${text || '空'}`,
    en: `Say user:<userid> or sub:<sub>, not ${text || 'nothing'}`,
  });
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        stage: { type: 'string', default: 'local' },
        region: { type: 'string' },
        table: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw misunderstood({ zh: problem, en: problem });
  }
}
