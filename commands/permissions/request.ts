import {
  FORGOTTEN,
  type GrantRequest,
  notAPermission,
  readMember,
  readPair,
  readSubject,
  readTerms,
} from '../../lib/administration/grantRequest.ts';
import { ACCESS, isPermissionName } from '../../lib/permissions/permissionName.ts';
import { isUserid } from '../../lib/wecom/userid.ts';
import { type CommonOptions, parseArguments } from '../administration/command.ts';
import { misunderstood } from '../administration/exit.ts';
import { wantsHelp } from '../administration/options.ts';

/** One command with its arguments. Subjects are keys; see subject.ts. */
export type Request =
  | { readonly do: 'change'; readonly grant: GrantRequest }
  | { readonly do: 'list'; readonly subject?: string }
  | { readonly do: 'explain'; readonly userid: string; readonly permission: string }
  | { readonly do: 'history'; readonly subject: string }
  | { readonly do: 'import'; readonly file: string }
  | { readonly do: 'export'; readonly subject?: string }
  | { readonly do: 'reinstate'; readonly subject: string; readonly permission?: string }
  | { readonly do: 'settle'; readonly subject?: string }
  | { readonly do: 'forget'; readonly subject: string };

export interface Options extends CommonOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
}

const OWN_OPTIONS = {
  until: { type: 'string' },
  note: { type: 'string' },
  yes: { type: 'boolean', short: 'y', default: false },
  'dry-run': { type: 'boolean', default: false },
} as const;

/** @throws ExitError, InvalidInput */
export function readRequest(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): { request: Request; options: Options } | 'help' {
  const { values, positionals } = parseArguments(argv, environment, OWN_OPTIONS);
  const { stage, region, table, json, yes } = values;
  if (wantsHelp(argv, values.help, positionals)) return 'help';
  const [command = '', ...given] = positionals;
  return {
    request: readCommand(command, given, values),
    options: { stage, region, table, json, yes, dryRun: values['dry-run'] },
  };
}

function readCommand(
  command: string,
  given: readonly string[],
  { until, note }: { readonly until?: string; readonly note?: string },
): Request {
  const takes = ARGUMENTS.get(command);
  if (takes === undefined)
    throw misunderstood({ zh: `没有命令 ${command}`, en: `There is no command ${command}` });
  if (given.length < takes[0] || given.length > takes[1]) {
    throw misunderstood({
      zh: `${command} 的参数个数不对：给了 ${given.length} 个`,
      en: `${command} does not take ${given.length} arguments`,
    });
  }
  const [first, second] = given;
  const changes = command === 'grant' || command === 'deny';
  if (!changes && (until !== undefined || note !== undefined)) {
    throw misunderstood({
      zh: '--until 和 --note 只用于 grant 和 deny',
      en: '--until and --note are for grant and deny',
    });
  }

  switch (command) {
    case 'grant':
    case 'deny': {
      const terms = readTerms(command === 'grant' ? 'allow' : 'deny', until, note);
      return { do: 'change', grant: { ...readPair(first, second), terms } };
    }
    case 'revoke':
      return { do: 'change', grant: readPair(first, second) };
    case 'list':
      return { do: 'list', ...(first && { subject: readSubject(first) }) };
    case 'history':
      return { do: 'history', subject: first === FORGOTTEN ? FORGOTTEN : readSubject(first) };
    case 'reinstate': {
      const subject = readMember(first);
      if (second === undefined) return { do: 'reinstate', subject };
      return { do: 'reinstate', ...readPair(first, second) };
    }
    case 'settle':
      return { do: 'settle', ...(first && { subject: readMember(first) }) };
    case 'forget':
      return { do: 'forget', subject: readMember(first) };
    case 'explain': {
      const userid = (first ?? '').replace(/^user:/, '');
      const permission = second ?? ACCESS;
      if (!isUserid(userid))
        throw misunderstood({ zh: `不是 userid：${first}`, en: `Not a userid: ${first}` });
      if (!isPermissionName(permission)) throw notAPermission(permission);
      return { do: 'explain', userid, permission };
    }
    case 'import':
      return { do: 'import', file: String(first) };
    default:
      return { do: 'export', ...(first && { subject: readMember(first) }) };
  }
}

/** The fewest and the most arguments of each command. */
const ARGUMENTS: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['grant', [2, 2]],
  ['deny', [2, 2]],
  ['revoke', [2, 2]],
  ['list', [0, 1]],
  ['explain', [1, 2]],
  ['history', [1, 1]],
  ['import', [1, 1]],
  ['export', [0, 1]],
  ['reinstate', [1, 2]],
  ['settle', [0, 1]],
  ['forget', [1, 1]],
]);
