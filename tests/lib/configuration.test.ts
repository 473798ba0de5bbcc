import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../lib/configuration.ts';

const ENVIRONMENT = {
  STAGE: 'prod',
  WECOM_CORP_ID: 'ww0a1b2c3d4e5f6a7b',
  WECOM_AGENT_ID: '1000002',
  WECOM_SECRET_PARAMETER: '/wecom-auth/prod/app-secret',
  SESSION_ISSUER: 'https://login.example.com',
  SESSION_KEYS_PARAMETER: '/wecom-auth/prod/session-keys',
  CACHE_TABLE: 'wecom-auth-prod-cache',
  PERMISSION_TABLE: 'wecom-auth-prod-permissions',
  PERSON_CHANGES_FUNCTION: 'wecom-auth-prod-personChanges',
  SIGN_OUTS_FUNCTION: 'wecom-auth-prod-signOuts',
};

function problemsOf(environment: Record<string, string | undefined>): unknown {
  try {
    readConfiguration(environment);
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems;
  }
  return [];
}

describe('the configuration', () => {
  it.each([
    ['https://proxy.example/wecom/', 'https://proxy.example/wecom'],
    ['http://127.0.0.1:3500', 'http://127.0.0.1:3500'],
    ['http://localhost:3500/', 'http://localhost:3500'],
  ])('takes %s as a base URL', (url, base) => {
    const { wecomApiBaseUrl } = readConfiguration({ ...ENVIRONMENT, WECOM_API_BASE_URL: url });
    expect(wecomApiBaseUrl).toBe(base);
  });

  it('takes an environment without a key of the log, and refuses a short one', () => {
    expect(problemsOf({ ...ENVIRONMENT, LOG_KEY: 'k'.repeat(31) })).toEqual([
      'LOG_KEY has fewer than 32 characters',
    ]);
    expect(() => readConfiguration({ ...ENVIRONMENT, LOG_KEY: 'k'.repeat(32) })).not.toThrow();
  });

  it.each([
    ['not a url', 'is not a URL'],
    ['http://qyapi.weixin.qq.com', 'must be https (http only on this machine)'],
    ['http://127.0.0.1.evil.example', 'must be https (http only on this machine)'],
    ['ftp://qyapi.weixin.qq.com', 'must be https (http only on this machine)'],
    ['https://qyapi.weixin.qq.com/?a=b', 'must have no query, fragment or user'],
    ['https://user@qyapi.weixin.qq.com', 'must have no query, fragment or user'],
  ])('refuses %s as a base URL', (url, problem) => {
    expect(problemsOf({ ...ENVIRONMENT, WECOM_API_BASE_URL: url })).toContain(
      `WECOM_API_BASE_URL ${problem}`,
    );
  });

  it('has a queue of events only if the environment names one', () => {
    const EVENT_QUEUE = 'https://sqs.eu-west-1.amazonaws.com/123456789012/wecom-auth-prod-events';
    expect(readConfiguration(ENVIRONMENT).eventQueue).toBeUndefined();
    expect(readConfiguration({ ...ENVIRONMENT, EVENT_QUEUE }).eventQueue).toBe(EVENT_QUEUE);
    expect(problemsOf({ ...ENVIRONMENT, EVENT_QUEUE: 'events' })).toEqual([
      'EVENT_QUEUE is not a URL',
    ]);
  });

  it('needs the function that signs people out only with the OpenID provider', () => {
    const environment = { ...ENVIRONMENT, SIGN_OUTS_FUNCTION: undefined };
    expect(problemsOf(environment)).toEqual(['SIGN_OUTS_FUNCTION is missing']);
    const without = readConfiguration({ ...environment, OPENID_PROVIDER: 'false' });
    expect(without).toMatchObject({ openidProvider: false, signOutsFunction: undefined });
  });

  it('lists every problem at once', () => {
    const problems = problemsOf({
      ...ENVIRONMENT,
      STAGE: undefined,
      WECOM_CORP_ID: '',
      WECOM_AGENT_ID: '10 02',
      WECOM_SECRET_PARAMETER: 'app-secret',
    });
    expect(problems).toEqual([
      'STAGE is missing',
      'WECOM_CORP_ID is empty',
      'WECOM_AGENT_ID is not an AgentId: digits only',
      'WECOM_SECRET_PARAMETER must begin with /',
    ]);
  });
});

describe('the settings with a default', () => {
  it.each([
    ['REQUIRE_STATE', 'yes', 'must be one of true, false'],
    ['VERIFY_ACCESS', 'anyone', 'must be one of open, session, iam'],
    ['VERIFY_ACCESS', '', 'must be one of open, session, iam'],
    ['OPENID_PROVIDER', 'yes', 'must be one of true, false'],
    ['LOGOUT_REACH', 'intranet', 'must be one of public, private, loopback'],
    ['PROVIDER_SESSION_SECONDS', '299', 'must be whole seconds from 300 to 2592000'],
    ['PROVIDER_SESSION_SECONDS', '2592001', 'must be whole seconds from 300 to 2592000'],
    ['SESSION_AUDIENCE', '', 'is empty'],
    ['SESSION_SECONDS', '', 'must be whole seconds from 300 to 43200'],
    ['SESSION_SECONDS', '299', 'must be whole seconds from 300 to 43200'],
    ['SESSION_SECONDS', '43201', 'must be whole seconds from 300 to 43200'],
    ['SESSION_SECONDS', '1e4', 'must be whole seconds from 300 to 43200'],
    ['SESSION_SECONDS', '3600.5', 'must be whole seconds from 300 to 43200'],
    ['WECOM_API_BASE_URL', '', 'is empty'],
    ['WECOM_CALLBACK_APP_PARAMETER', '', 'is empty'],
    ['WECOM_CALLBACK_CONTACTS_PARAMETER', 'callback', 'must begin with /'],
  ])('refuse %s=%s', (name, value, problem) => {
    expect(problemsOf({ ...ENVIRONMENT, [name]: value })).toEqual([`${name} ${problem}`]);
  });

  it('have the documented ones', () => {
    expect(readConfiguration(ENVIRONMENT)).toMatchObject({
      wecomApiBaseUrl: 'https://qyapi.weixin.qq.com',
      wecomOauthBaseUrl: 'https://open.weixin.qq.com',
      wecomLoginBaseUrl: 'https://login.work.weixin.qq.com',
      verifyAccess: 'session',
      redirectUris: [],
      requireState: false,
      sessionAudience: 'wecom-auth',
      sessionSeconds: 3_600,
      openidProvider: true,
      providerSessionSeconds: 43_200,
      logoutReach: 'public',
      callbackParameters: { app: undefined, contacts: undefined },
    });
  });
});

describe('the redirect URIs', () => {
  it('end with the page of the administrators where the stage has it', () => {
    const own = { REDIRECT_URIS: 'https://a.example/', SESSION_ISSUER: 'https://signin.example/' };
    const uris = (ADMIN_CONSOLE: string) =>
      readConfiguration({ ...ENVIRONMENT, ...own, ADMIN_CONSOLE }).redirectUris;
    expect(uris('false')).toEqual(['https://a.example/']);
    expect(uris('true')).toEqual(['https://a.example/', 'https://signin.example/admin']);
  });

  it('are separated by commas or blanks', () => {
    const REDIRECT_URIS = 'https://a.example/,https://b.example/x?y=1 \n http://localhost:3000/';
    expect(readConfiguration({ ...ENVIRONMENT, REDIRECT_URIS }).redirectUris).toEqual([
      'https://a.example/',
      'https://b.example/x?y=1',
      'http://localhost:3000/',
    ]);
  });

  it.each([
    'https://a.example',
    'HTTPS://A.example/',
    'http://a.example/',
    'https://a.example/#x',
    'https://user@a.example/',
    'https://:word@a.example/',
    'javascript:alert(1)',
    '/path',
    'https://a.example/ *',
  ])('are not %s', (REDIRECT_URIS) => {
    expect(problemsOf({ ...ENVIRONMENT, REDIRECT_URIS })).toEqual([
      expect.stringContaining('REDIRECT_URIS must be whole https addresses'),
    ]);
  });
});

describe('the life of a session', () => {
  it.each([300, 3_600, 43_200])('may be %i seconds', (seconds) => {
    const environment = { ...ENVIRONMENT, SESSION_SECONDS: String(seconds) };
    expect(readConfiguration(environment).sessionSeconds).toBe(seconds);
  });
});

describe('the origins of scripts', () => {
  it.each([
    '',
    'https://a.example',
    'https://a.example https://b.example:8443,http://localhost:5173',
  ])('may be %j', (CORS_ORIGINS) => {
    expect(problemsOf({ ...ENVIRONMENT, CORS_ORIGINS })).toEqual([]);
  });

  it.each([
    '*',
    'null',
    'https://a.example/',
    'https://a.example:443',
    'HTTPS://A.example',
    'https://*.a.example',
    'http://a.example',
    'a.example',
    'https://a.example *',
  ])('are not %s', (CORS_ORIGINS) => {
    expect(problemsOf({ ...ENVIRONMENT, CORS_ORIGINS })).toEqual([
      'CORS_ORIGINS must be https origins (http only on this machine) as a browser sends them, and never *',
    ]);
  });
});
