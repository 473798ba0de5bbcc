import { ConfigurationError } from './errors.ts';
import { VERIFY_ACCESS_MODES, type VerifyAccessMode } from './permissions/verifyAccess.ts';
import { words } from './words.ts';

/*
 * Checked by hand: `verify` loads nothing else that needs valibot.
 */

/**
 * How far a stage's logout tokens go: to `public` addresses; also to `private` ones, for functions
 * inside of the network; or also to `loopback`, on the local stack alone.
 */
export type LogoutReach = (typeof LOGOUT_REACHES)[number];
const LOGOUT_REACHES = ['public', 'private', 'loopback'] as const;

/** The environment of a function. Names of things only: no secret is in it. */
export interface Configuration {
  readonly stage: string;
  readonly corpId: string;
  readonly agentId: string;
  readonly wecomApiBaseUrl: string;
  /** Where WeCom's pages are: page OAuth, and Web login with its QR code. */
  readonly wecomOauthBaseUrl: string;
  readonly wecomLoginBaseUrl: string;
  readonly secretParameter: string;
  /** Absent: the callback channel is not set up. */
  readonly callbackParameters: {
    readonly app: string | undefined;
    readonly contacts: string | undefined;
  };
  /** Where WeCom may send a visitor back to. */
  readonly redirectUris: readonly string[];
  /** Whether a sign-in without a state is refused. */
  readonly requireState: boolean;
  /** The `iss` of sessions: this API's public base URL. */
  readonly sessionIssuer: string;
  readonly sessionAudience: string;
  /** How long a session lasts. */
  readonly sessionSeconds: number;
  readonly sessionKeysParameter: string;
  /** Whether the stage has the OpenID provider; discovery announces what there is. */
  readonly openidProvider: boolean;
  /** How long a session of the OpenID provider lasts. */
  readonly providerSessionSeconds: number;
  readonly cacheTable: string;
  readonly permissionTable: string;
  /** The function that suspends and moves grants. */
  readonly personChangesFunction: string;
  /** The function that signs people out of applications; absent on a stage without the OpenID provider. */
  readonly signOutsFunction: string | undefined;
  /** Where logout tokens may go. */
  readonly logoutReach: LogoutReach;
  /** The URL of the queue of events for the event bus; absent: the stage has none. */
  readonly eventQueue: string | undefined;
  readonly verifyAccess: VerifyAccessMode;
}

/** Says what is wrong with a value; nothing if it is right. */
type Check = (text: string) => string | undefined;

/**
 * Reads and checks the whole environment.
 *
 * @throws ConfigurationError that lists every problem at once, each as `NAME what is wrong`
 */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const problems: string[] = [];

  function optional(name: string, check: Check, fallback: string): string {
    const text = environment[name] ?? fallback;
    const problem = check(text);
    if (problem !== undefined) problems.push(`${name} ${problem}`);
    return text;
  }
  function required(name: string, check: Check = notEmpty): string {
    if (environment[name] !== undefined) return optional(name, check, '');
    problems.push(`${name} is missing`);
    return '';
  }
  function perhaps(name: string, check: Check): string | undefined {
    return environment[name] === undefined ? undefined : required(name, check);
  }

  // Only checked: http/cors.ts reads it, because an error has CORS headers too.
  optional('CORS_ORIGINS', origins, '');
  // Only checked: http/notes.ts reads it. Absent: the log has no pseudonyms.
  perhaps('LOG_KEY', like(/^.{32,}$/, 'has fewer than 32 characters'));

  const openidProvider = optional('OPENID_PROVIDER', oneOf(['true', 'false']), 'true') === 'true';
  const configuration: Configuration = {
    stage: required('STAGE'),
    corpId: required('WECOM_CORP_ID', like(/^[\w-]{1,64}$/, 'is not a CorpID')),
    agentId: required('WECOM_AGENT_ID', like(/^\d{1,10}$/, 'is not an AgentId: digits only')),
    wecomApiBaseUrl: base(optional('WECOM_API_BASE_URL', baseUrl, 'https://qyapi.weixin.qq.com')),
    wecomOauthBaseUrl: base(
      optional('WECOM_OAUTH_BASE_URL', baseUrl, 'https://open.weixin.qq.com'),
    ),
    wecomLoginBaseUrl: base(
      optional('WECOM_LOGIN_BASE_URL', baseUrl, 'https://login.work.weixin.qq.com'),
    ),
    secretParameter: required('WECOM_SECRET_PARAMETER', parameterName),
    callbackParameters: {
      app: perhaps('WECOM_CALLBACK_APP_PARAMETER', parameterName),
      contacts: perhaps('WECOM_CALLBACK_CONTACTS_PARAMETER', parameterName),
    },
    redirectUris: words(optional('REDIRECT_URIS', redirectUris, '')),
    requireState: optional('REQUIRE_STATE', oneOf(['true', 'false']), 'false') === 'true',
    sessionIssuer: base(required('SESSION_ISSUER', baseUrl)),
    sessionAudience: optional('SESSION_AUDIENCE', notEmpty, 'wecom-auth'),
    sessionSeconds: Number(optional('SESSION_SECONDS', seconds(300, 43_200), '3600')),
    sessionKeysParameter: required('SESSION_KEYS_PARAMETER', parameterName),
    openidProvider,
    providerSessionSeconds: Number(
      // A working day by default, a month at most.
      optional('PROVIDER_SESSION_SECONDS', seconds(300, 2_592_000), '43200'),
    ),
    cacheTable: required('CACHE_TABLE'),
    permissionTable: required('PERMISSION_TABLE'),
    personChangesFunction: required('PERSON_CHANGES_FUNCTION'),
    signOutsFunction: openidProvider ? required('SIGN_OUTS_FUNCTION') : undefined,
    logoutReach: optional('LOGOUT_REACH', oneOf(LOGOUT_REACHES), 'public') as LogoutReach,
    eventQueue: perhaps('EVENT_QUEUE', baseUrl),
    verifyAccess: optional(
      'VERIFY_ACCESS',
      oneOf(VERIFY_ACCESS_MODES),
      'session',
    ) as VerifyAccessMode,
  };
  if (problems.length > 0) {
    throw new ConfigurationError('The environment is wrong', {
      problems,
      advice: 'Correct the stage parameters and deploy again.',
    });
  }
  return configuration;
}

function notEmpty(text: string): string | undefined {
  return text === '' ? 'is empty' : undefined;
}

function like(pattern: RegExp, problem: string): Check {
  return (text) => notEmpty(text) ?? (pattern.test(text) ? undefined : problem);
}

function oneOf(values: readonly string[]): Check {
  return (text) => (values.includes(text) ? undefined : `must be one of ${values.join(', ')}`);
}

const parameterName = like(/^\//, 'must begin with /');

const EXCEPT_HERE = '(http only on this machine)';
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

/** An origin, with a path if a proxy needs one. Queries below it carry the secret and the token. */
function baseUrl(text: string): string | undefined {
  if (text === '') return 'is empty';
  const url = URL.parse(text);
  if (url === null) return 'is not a URL';
  if (!isSecure(url)) return `must be https ${EXCEPT_HERE}`;
  return /[?#@]/.test(text) ? 'must have no query, fragment or user' : undefined;
}

/** Without the slash at its end. */
function base(url: string): string {
  return url.replace(/\/+$/, '');
}

/** Whole addresses, written as a browser writes them, so that comparing text is comparing addresses. */
function redirectUris(text: string): string | undefined {
  const right = words(text).every((address) => {
    const url = URL.parse(address);
    return url?.href === address && !url.hash && !url.username && !url.password && isSecure(url);
  });
  return right
    ? undefined
    : `must be whole https addresses ${EXCEPT_HERE} as a browser writes them, without user or fragment`;
}

/** As a browser writes them into the header Origin, so that comparing text is comparing origins. */
function origins(text: string): string | undefined {
  const right = words(text).every((origin) => {
    const url = URL.parse(origin);
    return url?.origin === origin && !origin.includes('*') && isSecure(url);
  });
  return right
    ? undefined
    : `must be https origins ${EXCEPT_HERE} as a browser sends them, and never *`;
}

function seconds(least: number, most: number): Check {
  return (text) => {
    const right = /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most;
    return right ? undefined : `must be whole seconds from ${least} to ${most}`;
  };
}
