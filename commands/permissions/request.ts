import type { Terms } from '../../lib/permissions/audit.ts';
import { ACCESS, ANY_PERMISSION, isPermissionName } from '../../lib/permissions/permissionName.ts';
import { parseSubject, subjectKey } from '../../lib/permissions/subject.ts';
import { isUserid } from '../../lib/wecom/userid.ts';
import { type CommonOptions, parseArguments } from '../administration/command.ts';
import { misunderstood } from '../administration/exit.ts';
import { wantsHelp } from '../administration/options.ts';
import { parseUntil } from './until.ts';

/** The subject of the audit lines of `forget`, which name no member. */
export const FORGOTTEN = 'forgotten';

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

/** One grant to write. Without terms it is revoked. */
export interface GrantRequest {
  readonly subject: string;
  readonly permission: string;
  readonly terms?: Terms;
}

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

/** @throws ExitError */
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

/** @throws ExitError */
export function readPair(subject: string | undefined, permission: string | undefined) {
  const key = readSubject(subject);
  if (permission === undefined) throw notAPermission('');
  if (permission !== ANY_PERMISSION && !isPermissionName(permission)) {
    throw notAPermission(permission);
  }
  return { subject: key, permission };
}

/** @throws ExitError */
export function readTerms(
  effect: string,
  until: string | undefined,
  note: string | undefined,
): Terms {
  if (effect !== 'allow' && effect !== 'deny') {
    throw misunderstood({
      zh: `effect 应为 allow 或 deny，而不是 ${effect}`,
      en: `effect must be allow or deny, not ${effect}`,
    });
  }
  const end = until ? parseUntil(until) : undefined;
  if (until && end === undefined) {
    throw misunderstood({
      zh: `不是有效的时间：${until}（应如 2027-01-31 或 2027-01-31T18:00+08:00）`,
      en: `Not a time: ${until} (write 2027-01-31 or 2027-01-31T18:00+08:00)`,
    });
  }
  if (note && !/^\P{C}{1,200}$/u.test(note)) {
    throw misunderstood({
      zh: '备注最多 200 个字符，不含控制字符',
      en: 'A note has at most 200 characters, without control characters',
    });
  }
  return { effect, ...(end !== undefined && { until: end }), ...(note && { note }) };
}

/** @throws ExitError */
function readMember(text = ''): string {
  const subject = parseSubject(text);
  if (subject?.kind !== 'member') {
    throw misunderstood({
      zh: `应为成员：user:<userid>，而不是 ${text}`,
      en: `Must be a member, user:<userid>, not ${text}`,
    });
  }
  return subjectKey(subject);
}

function readSubject(text = ''): string {
  const subject = parseSubject(text);
  if (subject === undefined) {
    throw misunderstood({
      zh: `无法识别的授权对象：${text}（应为 user:<userid>、department:<id>、tag:<id> 或 everyone）`,
      en: `Not a subject: ${text} (write user:<userid>, department:<id>, tag:<id> or everyone)`,
    });
  }
  return subjectKey(subject);
}

function notAPermission(text: string) {
  return misunderstood({
    zh: `不是权限名：${text}（1 到 64 个 a-z 0-9 : . _ -）`,
    en: `Not a permission: ${text} (1 to 64 of a-z 0-9 : . _ -)`,
  });
}
