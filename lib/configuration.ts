import { ConfigurationError } from './errors.ts';
import { VERIFY_ACCESS_MODES, type VerifyAccessMode } from './permissions/verifyAccess.ts';
import { words } from './words.ts';

/* Checked by hand, because `verify` would load valibot at every cold start for this alone. */

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
  /** Without a slash at the end, like every base URL here. */
  readonly wecomApiBaseUrl: string;
  /** WeCom's page of 网页授权. */
  readonly wecomOauthBaseUrl: string;
  /** WeCom's page with the QR code. */
  readonly wecomLoginBaseUrl: string;
  /** The name of a parameter in SSM, like every `…Parameter` here. */
  readonly secretParameter: string;
  /** Absent: the callback channel is not set up. */
  readonly callbackParameters: {
    readonly app: string | undefined;
    readonly contacts: string | undefined;
  };
  /** Where WeCom may send a visitor back to; also the administrators' page, if the stage has it. */
  readonly redirectUris: readonly string[];
  /** Whether a sign-in without a state is refused. */
  readonly requireState: boolean;
  /** The `iss` of sessions: this API's public base URL. */
  readonly sessionIssuer: string;
  readonly sessionAudience: string;
  /** How long a session lasts. */
  readonly sessionSeconds: number;
  readonly sessionKeysParameter: string;
  /** Whether the stage has the OpenID provider. The discovery documents depend on it. */
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

/** @returns what is wrong with a value; nothing if it is valid */
type Check = (text: string) => string | undefined;

/**
 * Reads and checks the whole environment.
 *
 * @throws ConfigurationError that lists every problem at once, each as `NAME what is wrong`
 */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const problems: string[] = [];

  function optional(name: string, check: Check): string | undefined {
    const text = environment[name];
    const problem = text === undefined ? undefined : check(text);
    if (problem !== undefined) problems.push(`${name} ${problem}`);
    return text;
  }
  function withDefault(name: string, check: Check, defaultText: string): string {
    return optional(name, check) ?? defaultText;
  }
  function required(name: string, check: Check = notEmpty): string {
    const text = optional(name, check);
    if (text === undefined) problems.push(`${name} is missing`);
    return text ?? '';
  }

  // Only checked here. http/cors.ts reads it, because errors have CORS headers too.
  optional('CORS_ORIGINS', origins);
  // Only checked here. http/lambdaInvocation.ts reads it. Absent: the log has no pseudonyms.
  optional('LOG_KEY', like(/^.{32,}$/, 'has fewer than 32 characters'));

  const openidProvider =
    withDefault('OPENID_PROVIDER', oneOf(['true', 'false']), 'true') === 'true';
  const hasConsole = withDefault('ADMIN_CONSOLE', oneOf(['true', 'false']), 'false') === 'true';
  const sessionIssuer = withoutSlash(required('SESSION_ISSUER', baseUrl));
  const configuration: Configuration = {
    stage: required('STAGE'),
    corpId: required('WECOM_CORP_ID', like(/^[\w-]{1,64}$/, 'is not a CorpID')),
    agentId: required('WECOM_AGENT_ID', like(/^\d{1,10}$/, 'is not an AgentId: digits only')),
    wecomApiBaseUrl: withoutSlash(
      withDefault('WECOM_API_BASE_URL', baseUrl, 'https://qyapi.weixin.qq.com'),
    ),
    wecomOauthBaseUrl: withoutSlash(
      withDefault('WECOM_OAUTH_BASE_URL', baseUrl, 'https://open.weixin.qq.com'),
    ),
    wecomLoginBaseUrl: withoutSlash(
      withDefault('WECOM_LOGIN_BASE_URL', baseUrl, 'https://login.work.weixin.qq.com'),
    ),
    secretParameter: required('WECOM_SECRET_PARAMETER', parameterName),
    callbackParameters: {
      app: optional('WECOM_CALLBACK_APP_PARAMETER', parameterName),
      contacts: optional('WECOM_CALLBACK_CONTACTS_PARAMETER', parameterName),
    },
    redirectUris: [
      ...words(withDefault('REDIRECT_URIS', redirectUris, '')),
      ...(hasConsole ? [`${sessionIssuer}/admin`] : []),
    ],
    requireState: withDefault('REQUIRE_STATE', oneOf(['true', 'false']), 'false') === 'true',
    sessionIssuer,
    sessionAudience: withDefault('SESSION_AUDIENCE', notEmpty, 'wecom-auth'),
    sessionSeconds: Number(withDefault('SESSION_SECONDS', seconds(300, 43_200), '3600')),
    sessionKeysParameter: required('SESSION_KEYS_PARAMETER', parameterName),
    openidProvider,
    providerSessionSeconds: Number(
      // A working day by default, a month at most.
      withDefault('PROVIDER_SESSION_SECONDS', seconds(300, 2_592_000), '43200'),
    ),
    cacheTable: required('CACHE_TABLE'),
    permissionTable: required('PERMISSION_TABLE'),
    personChangesFunction: required('PERSON_CHANGES_FUNCTION'),
    signOutsFunction: openidProvider ? required('SIGN_OUTS_FUNCTION') : undefined,
    logoutReach: withDefault('LOGOUT_REACH', oneOf(LOGOUT_REACHES), 'public') as LogoutReach,
    eventQueue: optional('EVENT_QUEUE', baseUrl),
    verifyAccess: withDefault(
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

const HTTP_ON_LOOPBACK = '(http only on this machine)';
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

/** An origin, with a path if a proxy needs one. Queries below it carry the secret and the token. */
function baseUrl(text: string): string | undefined {
  if (text === '') return 'is empty';
  const url = URL.parse(text);
  if (url === null) return 'is not a URL';
  if (!isSecure(url)) return `must be https ${HTTP_ON_LOOPBACK}`;
  return /[?#@]/.test(text) ? 'must have no query, fragment or user' : undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** Whole addresses, written as a browser writes them, so that comparing text is comparing addresses. */
function redirectUris(text: string): string | undefined {
  const areValid = words(text).every((address) => {
    const url = URL.parse(address);
    return url?.href === address && !url.hash && !url.username && !url.password && isSecure(url);
  });
  return areValid
    ? undefined
    : `must be whole https addresses ${HTTP_ON_LOOPBACK} as a browser writes them, without user or fragment`;
}

/** As a browser writes them into the header Origin, so that comparing text is comparing origins. */
function origins(text: string): string | undefined {
  const areValid = words(text).every((origin) => {
    const url = URL.parse(origin);
    return url?.origin === origin && !origin.includes('*') && isSecure(url);
  });
  return areValid
    ? undefined
    : `must be https origins ${HTTP_ON_LOOPBACK} as a browser sends them, and never *`;
}

function seconds(least: number, most: number): Check {
  return (text) => {
    const isValid = /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most;
    return isValid ? undefined : `must be whole seconds from ${least} to ${most}`;
  };
}
