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
  it('talks to the real WeCom unless told otherwise', () => {
    expect(readConfiguration(ENVIRONMENT).wecomApiBaseUrl).toBe('https://qyapi.weixin.qq.com');
  });

  it.each([
    ['https://proxy.example/wecom/', 'https://proxy.example/wecom'],
    ['http://127.0.0.1:3500', 'http://127.0.0.1:3500'],
    ['http://localhost:3500/', 'http://localhost:3500'],
  ])('takes %s as a base URL', (url, base) => {
    const { wecomApiBaseUrl } = readConfiguration({ ...ENVIRONMENT, WECOM_API_BASE_URL: url });
    expect(wecomApiBaseUrl).toBe(base);
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

  it('lists every problem at once', () => {
    const problems = problemsOf({
      ...ENVIRONMENT,
      STAGE: undefined,
      WECOM_CORP_ID: '',
      WECOM_AGENT_ID: '10 02',
      WECOM_SECRET_PARAMETER: 'app-secret',
    });
    expect(problems).toEqual(
      expect.arrayContaining([
        'STAGE is missing',
        'WECOM_CORP_ID is empty',
        'WECOM_AGENT_ID is not an AgentId: digits only',
        'WECOM_SECRET_PARAMETER must begin with /',
      ]),
    );
  });
});

describe('the settings with a default', () => {
  it.each([
    ['REQUIRE_STATE', 'yes', 'must be one of true, false'],
    ['VERIFY_ACCESS', 'anyone', 'must be one of open, session, iam'],
    ['VERIFY_ACCESS', '', 'must be one of open, session, iam'],
    ['SESSION_AUDIENCE', '', 'is empty'],
    ['WECOM_API_BASE_URL', '', 'is empty'],
    ['WECOM_CALLBACK_APP_PARAMETER', '', 'is empty'],
    ['WECOM_CALLBACK_CONTACTS_PARAMETER', 'callback', 'must begin with /'],
  ])('refuse %s=%s', (name, value, problem) => {
    expect(problemsOf({ ...ENVIRONMENT, [name]: value })).toEqual([`${name} ${problem}`]);
  });

  it('are the careful ones', () => {
    expect(readConfiguration(ENVIRONMENT)).toMatchObject({
      verifyAccess: 'session',
      redirectUris: [],
      requireState: false,
      callbackParameters: { app: undefined, contacts: undefined },
    });
  });
});

describe('the redirect URIs', () => {
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
