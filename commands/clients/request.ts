import {
  type ClientSettings,
  DEFAULT_KEEP_HOURS,
  MAX_KEEP_HOURS,
  readClientId,
  readClientSettings,
  type SettingNames,
} from '../../lib/administration/clientSettings.ts';
import { type CommonOptions, parseArguments } from '../administration/command.ts';
import { misunderstood } from '../administration/exit.ts';
import { wantsHelp } from '../administration/options.ts';

/** One command with its arguments. */
export type Request =
  | { readonly do: 'add'; readonly settings: ClientSettings }
  | { readonly do: 'list' }
  | { readonly do: 'show'; readonly clientId: string }
  /** `keepMs`: how long the old secret still works. */
  | { readonly do: 'rotate-secret'; readonly clientId: string; readonly keepMs: number }
  | { readonly do: 'remove'; readonly clientId: string };

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

/** @throws ExitError, InvalidInput */
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
  if (command === 'add') return { do: 'add', settings: settingsOf(clientId, values) };
  const id = readClientId(clientId);
  if (command === 'show') return { do: 'show', clientId: id };
  if (command === 'remove') return { do: 'remove', clientId: id };
  return { do: 'rotate-secret', clientId: id, keepMs: readKeep(values) };
}

type Values = ReturnType<typeof parseArguments<typeof OWN_OPTIONS>>['values'];

/** The option of each setting. */
export const OPTION_NAMES: SettingNames = {
  name: '--name',
  redirectUris: '--redirect-uri',
  postLogoutRedirectUris: '--post-logout-redirect-uri',
  backchannelLogoutUri: '--backchannel-logout-uri',
  audience: '--audience',
  emailDomain: '--email-domain',
};

function settingsOf(clientId: string | undefined, values: Values): ClientSettings {
  const settings = {
    clientId,
    name: values.name,
    redirectUris: values['redirect-uri'],
    postLogoutRedirectUris: values['post-logout-redirect-uri'],
    backchannelLogoutUri: values['backchannel-logout-uri'],
    isPublic: values.public,
    permission: values.permission,
    audience: values.audience,
    emailDomain: values['email-domain'],
    groupPaths: values['group-paths'],
    refresh: values.refresh,
  };
  return readClientSettings(settings, OPTION_NAMES, values.stage === 'local');
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
