import type { Bilingual } from '../bilingual.ts';
import { isClientId } from '../openid/clients.ts';
import { ACCESS, isPermissionName } from '../permissions/permissionName.ts';
import { addressProblem, audienceProblem, isHostName, logoutProblem } from './clientAddress.ts';
import { notAPermission } from './grantRequest.ts';
import { InvalidInput } from './invalidInput.ts';

/** What a client is added with; see openid/clients.ts. */
export interface ClientSettings {
  /** Absent: one is made. */
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

/** How long the old secret still works after a rotation, if nothing else is asked for. */
export const DEFAULT_KEEP_HOURS = 24;
export const MAX_KEEP_HOURS = 720;
/** Of each kind of one client: the item stays far below DynamoDB's 400 kB. */
const MAX_ADDRESSES = 20;

/** What the administrator calls each setting, for the sentences about it. */
export type SettingNames = Readonly<
  Record<
    | 'name'
    | 'redirectUris'
    | 'postLogoutRedirectUris'
    | 'backchannelLogoutUri'
    | 'audience'
    | 'emailDomain',
    string
  >
>;

/** The settings as they were written. */
type WrittenSettings = {
  readonly [name in keyof ClientSettings]?: ClientSettings[name] | undefined;
};

/**
 * Checks the settings of a client that is to be added.
 *
 * @param isLocalStage whether it is for the stack on this machine
 * @throws InvalidInput
 */
export function readClientSettings(
  written: WrittenSettings,
  names: SettingNames,
  isLocalStage: boolean,
): ClientSettings {
  const { clientId, name, permission = ACCESS, backchannelLogoutUri } = written;
  const { audience, emailDomain, redirectUris = [], postLogoutRedirectUris = [] } = written;
  const { isPublic = false, groupPaths = false, refresh = false } = written;
  if (!name || !/^(?!\s)\P{C}{1,100}(?<!\s)$/u.test(name)) {
    throw new InvalidInput({
      zh: `${names.name} 必填：1 到 100 个字符，首尾没有空格，不含控制字符`,
      en: `${names.name} is required: 1 to 100 characters, no space at either end, no control characters`,
    });
  }
  if (redirectUris.length === 0) {
    throw new InvalidInput({
      zh: `${names.redirectUris} 必填`,
      en: `${names.redirectUris} is required`,
    });
  }
  const settings = {
    clientId: clientId === undefined ? undefined : readClientId(clientId),
    name,
    redirectUris: readAddresses(names.redirectUris, redirectUris, isPublic),
    postLogoutRedirectUris: readAddresses(
      names.postLogoutRedirectUris,
      postLogoutRedirectUris,
      isPublic,
    ),
    backchannelLogoutUri,
    isPublic,
    permission,
    audience,
    emailDomain,
    groupPaths,
    refresh,
  };
  if (!isPermissionName(permission)) throw notAPermission(permission);
  refuse(names.backchannelLogoutUri, backchannelLogoutUri, (text) =>
    logoutProblem(text, isLocalStage),
  );
  refuse(names.audience, audience, audienceProblem);
  refuse(names.emailDomain, emailDomain, (text) =>
    isHostName(text)
      ? undefined
      : { zh: '应为小写的域名，如 example.com', en: 'must be a host name in lower case' },
  );
  return settings;
}

function readAddresses(name: string, given: readonly string[], isPublic: boolean): string[] {
  if (given.length > MAX_ADDRESSES) {
    throw new InvalidInput({
      zh: `${name} 最多 ${MAX_ADDRESSES} 个`,
      en: `At most ${MAX_ADDRESSES} of ${name}`,
    });
  }
  for (const address of given) {
    refuse(name, address, (text) => addressProblem(text, given, isPublic));
  }
  return [...new Set(given)];
}

/** @throws InvalidInput where the check finds a problem */
function refuse(
  name: string,
  given: string | undefined,
  check: (text: string) => Bilingual | undefined,
): void {
  const problem = given === undefined ? undefined : check(given);
  if (problem === undefined) return;
  throw new InvalidInput({
    zh: `${name} ${given}：${problem.zh}`,
    en: `${name} ${given}: ${problem.en}`,
  });
}

/** @throws InvalidInput */
export function readClientId(text = ''): string {
  if (isClientId(text)) return text;
  throw new InvalidInput({
    zh: `不是客户端 ID：${text}（1 到 64 个字母、数字、- 和 _）`,
    en: `Not a client id: ${text} (1 to 64 letters, digits, - and _)`,
  });
}
