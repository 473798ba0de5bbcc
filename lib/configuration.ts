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

const parameterName = v.pipe(present, v.startsWith('/', 'must begin with /'));

/** The environment of a function. Names of things only: no secret is in it. */
const Environment = v.object({
  STAGE: present,
  WECOM_CORP_ID: v.pipe(present, v.regex(/^[\w-]{1,64}$/, 'is not a CorpID')),
  WECOM_AGENT_ID: v.pipe(present, v.regex(/^\d{1,10}$/, 'is not an AgentId: digits only')),
  WECOM_API_BASE_URL: v.optional(baseUrl, 'https://qyapi.weixin.qq.com'),
  WECOM_SECRET_PARAMETER: parameterName,
  WECOM_CALLBACK_APP_PARAMETER: v.optional(parameterName),
  WECOM_CALLBACK_CONTACTS_PARAMETER: v.optional(parameterName),
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
  readonly secretParameter: string;
  /** Without a name a callback channel is not set up. */
  readonly callbackParameters: {
    readonly app: string | undefined;
    readonly contacts: string | undefined;
  };
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
    secretParameter: checked.WECOM_SECRET_PARAMETER,
    callbackParameters: {
      app: checked.WECOM_CALLBACK_APP_PARAMETER,
      contacts: checked.WECOM_CALLBACK_CONTACTS_PARAMETER,
    },
    cacheTable: checked.CACHE_TABLE,
    permissionTable: checked.PERMISSION_TABLE,
    verifyAccess: checked.VERIFY_ACCESS,
  };
}
