import type { Bilingual } from '../../lib/bilingual.ts';
import { isClientId } from '../../lib/openid/clients.ts';
import { ACCESS, isPermissionName } from '../../lib/permissions/permissionName.ts';
import { type CommonOptions, parseArguments } from '../administration/command.ts';
import { misunderstood } from '../administration/exit.ts';
import { wantsHelp } from '../administration/options.ts';
import { addressProblem, audienceProblem, isHostName, logoutProblem } from './address.ts';

/** One command with its arguments. */
export type Request =
  | { readonly do: 'add'; readonly settings: ClientSettings }
  | { readonly do: 'list' }
  | { readonly do: 'show'; readonly clientId: string }
  /** `keepMs`: how long the old secret still works. */
  | { readonly do: 'rotate-secret'; readonly clientId: string; readonly keepMs: number }
  | { readonly do: 'remove'; readonly clientId: string };

/** What a client is added with; see lib/openid/clients.ts. */
export interface ClientSettings {
  /** Absent: the command makes one. */
  readonly clientId?: string | undefined;
  readonly name: string;
  readonly redirectUris: string[];
  readonly postLogoutRedirectUris: string[];
  readonly backchannelLogoutUri?: string | undefined;
  readonly isPublic: boolean;
  readonly permission: string;
  readonly audience?: string | undefined;
  readonly emailDomain?: string | undefined;
  readonly groupPaths: boolean;
  readonly refresh: boolean;
}

const DEFAULT_KEEP_HOURS = 24;
const MAX_KEEP_HOURS = 720;
/** Of each kind of one client: the item stays far below DynamoDB's 400 kB. */
const MAX_ADDRESSES = 20;

const OWN_OPTIONS = {
  name: { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true },
  'post-logout-redirect-uri': { type: 'string', multiple: true },
  'backchannel-logout-uri': { type: 'string' },
  public: { type: 'boolean', default: false },
  permission: { type: 'string' },
  audience: { type: 'string' },
  'email-domain': { type: 'string' },
  'group-paths': { type: 'boolean', default: false },
  refresh: { type: 'boolean', default: false },
  now: { type: 'boolean', default: false },
  'keep-hours': { type: 'string' },
} as const;

/** Which of them each command takes. */
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  add: [
    'name',
    'redirect-uri',
    'post-logout-redirect-uri',
    'backchannel-logout-uri',
    'public',
    'permission',
    'audience',
    'email-domain',
    'group-paths',
    'refresh',
  ],
  list: [],
  show: [],
  'rotate-secret': ['now', 'keep-hours'],
  remove: [],
};

/** @throws ExitError */
export function readRequest(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): { request: Request; options: CommonOptions } | 'help' {
  const { values, positionals } = parseArguments(argv, environment, OWN_OPTIONS);
  const { stage, region, table, json } = values;
  if (wantsHelp(argv, values.help, positionals)) return 'help';
  const [command = '', ...given] = positionals;
  return {
    request: readCommand(command, given, values),
    options: { stage, region, table, json },
  };
}

function readCommand(
  command: string,
  [clientId, ...more]: readonly string[],
  values: Values,
): Request {
  const known = Object.hasOwn(OPTIONS_OF, command) ? OPTIONS_OF[command] : undefined;
  if (known === undefined) {
    throw misunderstood({ zh: `没有命令 ${command}`, en: `There is no command ${command}` });
  }
  const stray = Object.keys(OWN_OPTIONS).find(
    (name) => values[name as keyof Values] && !known.includes(name),
  );
  if (stray !== undefined) {
    throw misunderstood({
      zh: `${command} 没有选项 --${stray}`,
      en: `${command} does not take --${stray}`,
    });
  }
  if (more.length > 0 || (command === 'list' && clientId !== undefined)) {
    throw misunderstood({ zh: `${command} 的参数太多`, en: `${command} has too many arguments` });
  }
  if (command === 'list') return { do: 'list' };
  if (command === 'add') return { do: 'add', settings: readSettings(clientId, values) };
  const id = readClientId(clientId);
  if (command === 'show') return { do: 'show', clientId: id };
  if (command === 'remove') return { do: 'remove', clientId: id };
  return { do: 'rotate-secret', clientId: id, keepMs: readKeep(values) };
}

type Values = ReturnType<typeof parseArguments<typeof OWN_OPTIONS>>['values'];

function readSettings(clientId: string | undefined, values: Values): ClientSettings {
  const { name, permission = ACCESS, audience, stage } = values;
  const isPublic = values.public;
  if (!name || !/^(?!\s)\P{C}{1,100}(?<!\s)$/u.test(name)) {
    throw misunderstood({
      zh: '--name 必填：1 到 100 个字符，首尾没有空格，不含控制字符',
      en: '--name is required: 1 to 100 characters, no space at either end, no control characters',
    });
  }
  const redirectUris = values['redirect-uri'] ?? [];
  if (redirectUris.length === 0) {
    throw misunderstood({ zh: '--redirect-uri 必填', en: '--redirect-uri is required' });
  }
  const settings = {
    clientId: clientId === undefined ? undefined : readClientId(clientId),
    name,
    redirectUris: readAddresses('--redirect-uri', redirectUris, isPublic),
    postLogoutRedirectUris: readAddresses(
      '--post-logout-redirect-uri',
      values['post-logout-redirect-uri'] ?? [],
      isPublic,
    ),
    backchannelLogoutUri: values['backchannel-logout-uri'],
    isPublic,
    permission,
    audience,
    emailDomain: values['email-domain'],
    groupPaths: values['group-paths'],
    refresh: values.refresh,
  };
  if (!isPermissionName(permission)) {
    throw misunderstood({
      zh: `不是权限名：${permission}（1 到 64 个 a-z 0-9 : . _ -）`,
      en: `Not a permission: ${permission} (1 to 64 of a-z 0-9 : . _ -)`,
    });
  }
  refuse('--backchannel-logout-uri', values['backchannel-logout-uri'], (text) =>
    logoutProblem(text, stage === 'local'),
  );
  refuse('--audience', audience, audienceProblem);
  refuse('--email-domain', values['email-domain'], (text) =>
    isHostName(text)
      ? undefined
      : { zh: '应为小写的域名，如 example.com', en: 'must be a host name in lower case' },
  );
  return settings;
}

function readAddresses(option: string, given: string[], isPublic: boolean): string[] {
  if (given.length > MAX_ADDRESSES) {
    throw misunderstood({
      zh: `${option} 最多 ${MAX_ADDRESSES} 个`,
      en: `At most ${MAX_ADDRESSES} of ${option}`,
    });
  }
  for (const address of given) {
    refuse(option, address, (text) => addressProblem(text, given, isPublic));
  }
  return [...new Set(given)];
}

/** @throws ExitError where the check finds a problem */
function refuse(
  option: string,
  given: string | undefined,
  check: (text: string) => Bilingual | undefined,
): void {
  const problem = given === undefined ? undefined : check(given);
  if (problem === undefined) return;
  throw misunderstood({
    zh: `${option} ${given}：${problem.zh}`,
    en: `${option} ${given}: ${problem.en}`,
  });
}

function readClientId(text = ''): string {
  if (isClientId(text)) return text;
  throw misunderstood({
    zh: `不是客户端 ID：${text}（1 到 64 个字母、数字、- 和 _）`,
    en: `Not a client id: ${text} (1 to 64 letters, digits, - and _)`,
  });
}

function readKeep(values: Values): number {
  const hours = values['keep-hours'];
  if (values.now && hours !== undefined) {
    throw misunderstood({
      zh: '--now 与 --keep-hours 不能同时使用',
      en: '--now and --keep-hours exclude each other',
    });
  }
  if (values.now) return 0;
  const count = hours === undefined ? DEFAULT_KEEP_HOURS : Number(hours);
  if (hours !== undefined && (!/^[1-9]\d{0,2}$/.test(hours) || count > MAX_KEEP_HOURS)) {
    throw misunderstood({
      zh: `--keep-hours 应为 1 到 ${MAX_KEEP_HOURS} 的整数`,
      en: `--keep-hours must be a whole number from 1 to ${MAX_KEEP_HOURS}`,
    });
  }
  return count * 60 * 60 * 1_000;
}
