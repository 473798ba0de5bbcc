import * as v from 'valibot';
import { ConfigurationError } from './errors.ts';
import { VERIFY_ACCESS_MODES, type VerifyAccessMode } from './permissions/verifyAccess.ts';

const present = v.pipe(v.string('is missing'), v.nonEmpty('is empty'));

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** An origin, with a path where a proxy needs one; the secret and the token travel in its queries. */
const baseUrl = v.pipe(
  present,
  v.check((text) => URL.canParse(text), 'is not a URL'),
  v.check((text) => {
    const url = URL.parse(text);
    return url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  }, 'must be https (http only on this machine)'),
  v.check((text) => !/[?#@]/.test(text), 'must have no query, fragment or user'),
  v.transform((text) => text.replace(/\/+$/, '')),
);

/** Whole addresses, written as a browser writes them, so that comparing text is comparing addresses. */
const redirectUri = v.pipe(
  v.string(),
  v.check((text) => {
    const url = URL.parse(text);
    if (url?.href !== text || url.hash || url.username || url.password) return false;
    return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
  }, 'must be whole https addresses (http only on this machine) as a browser writes them, without user or fragment'),
);

const redirectUris = v.pipe(
  v.string(),
  v.transform((text) => text.split(/[\s,]+/).filter((part) => part !== '')),
  v.array(redirectUri),
);

const flag = v.pipe(
  v.picklist(['true', 'false'], 'must be true or false'),
  v.transform((text) => text === 'true'),
);

const parameterName = v.pipe(present, v.startsWith('/', 'must begin with /'));

/** The environment of a function. Names of things only: no secret is in it. */
const Environment = v.object({
  STAGE: present,
  WECOM_CORP_ID: v.pipe(present, v.regex(/^[\w-]{1,64}$/, 'is not a CorpID')),
  WECOM_AGENT_ID: v.pipe(present, v.regex(/^\d{1,10}$/, 'is not an AgentId: digits only')),
  WECOM_API_BASE_URL: v.optional(baseUrl, 'https://qyapi.weixin.qq.com'),
  WECOM_OAUTH_BASE_URL: v.optional(baseUrl, 'https://open.weixin.qq.com'),
  WECOM_LOGIN_BASE_URL: v.optional(baseUrl, 'https://login.work.weixin.qq.com'),
  WECOM_SECRET_PARAMETER: parameterName,
  WECOM_CALLBACK_APP_PARAMETER: v.optional(parameterName),
  WECOM_CALLBACK_CONTACTS_PARAMETER: v.optional(parameterName),
  REDIRECT_URIS: v.optional(redirectUris, ''),
  REQUIRE_STATE: v.optional(flag, 'false'),
  SESSION_ISSUER: baseUrl,
  SESSION_AUDIENCE: v.optional(present, 'wecom-auth'),
  SESSION_KEYS_PARAMETER: parameterName,
  CACHE_TABLE: present,
  PERMISSION_TABLE: present,
  VERIFY_ACCESS: v.optional(
    v.picklist(VERIFY_ACCESS_MODES, `must be one of ${VERIFY_ACCESS_MODES.join(', ')}`),
    'session',
  ),
});

export interface Configuration {
  readonly stage: string;
  readonly corpId: string;
  readonly agentId: string;
  readonly wecomApiBaseUrl: string;
  /** Where WeCom's pages are: page OAuth, and Web login with its QR code. */
  readonly wecomOauthBaseUrl: string;
  readonly wecomLoginBaseUrl: string;
  readonly secretParameter: string;
  /** Without a name a callback channel is not set up. */
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
  readonly sessionKeysParameter: string;
  readonly cacheTable: string;
  readonly permissionTable: string;
  readonly verifyAccess: VerifyAccessMode;
}

/**
 * Reads and checks the whole environment.
 *
 * @throws ConfigurationError that lists every problem at once, each as `NAME what is wrong`
 */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const result = v.safeParse(Environment, environment);
  if (!result.success) {
    const problems = result.issues.map((issue) => {
      const name = v.getDotPath(issue);
      return `${name} ${issue.type === 'object' ? 'is missing' : issue.message}`;
    });
    throw new ConfigurationError('The environment of the function is wrong', {
      problems,
      advice: 'Correct the stage parameters and deploy again.',
    });
  }
  const checked = result.output;
  return {
    stage: checked.STAGE,
    corpId: checked.WECOM_CORP_ID,
    agentId: checked.WECOM_AGENT_ID,
    wecomApiBaseUrl: checked.WECOM_API_BASE_URL,
    wecomOauthBaseUrl: checked.WECOM_OAUTH_BASE_URL,
    wecomLoginBaseUrl: checked.WECOM_LOGIN_BASE_URL,
    secretParameter: checked.WECOM_SECRET_PARAMETER,
    callbackParameters: {
      app: checked.WECOM_CALLBACK_APP_PARAMETER,
      contacts: checked.WECOM_CALLBACK_CONTACTS_PARAMETER,
    },
    redirectUris: checked.REDIRECT_URIS,
    requireState: checked.REQUIRE_STATE,
    sessionIssuer: checked.SESSION_ISSUER,
    sessionAudience: checked.SESSION_AUDIENCE,
    sessionKeysParameter: checked.SESSION_KEYS_PARAMETER,
    cacheTable: checked.CACHE_TABLE,
    permissionTable: checked.PERMISSION_TABLE,
    verifyAccess: checked.VERIFY_ACCESS,
  };
}
