import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startServices } from '../../local/services.ts';
import { storedParameter } from '../harness/storedParameter.ts';

const ANY_PORT = {
  public: 3000,
  gateway: 0,
  lambda: 0,
  wecom: 0,
  ssm: 0,
  dynamoDb: 0,
  invocation: 0,
  eventBridge: 0,
  sqs: 0,
};

it('a stack with a real app talks to the real WeCom, and gives its secret to SSM alone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'services-'));
  const started: { close(): Promise<void> }[] = [];
  onTestFinished(async () => {
    for (const each of started) await each.close();
    await rm(directory, { recursive: true });
  });
  const secret = 'a-secret-of-the-real-app';
  vi.stubEnv('WECOM_APP_SECRET', secret);
  const realWecom = { corpId: 'ww1234567890abcdef', agentId: '1000009', secret };
  const { environment } = await startServices(
    {
      ports: ANY_PORT,
      site: 'http://localhost:3000',
      frontEnds: [],
      verifyAccess: 'open',
      realWecom,
    },
    directory,
    started,
  );
  vi.unstubAllEnvs();

  expect(environment).toMatchObject({
    WECOM_CORP_ID: 'ww1234567890abcdef',
    WECOM_AGENT_ID: '1000009',
    WECOM_API_BASE_URL: 'https://qyapi.weixin.qq.com',
    WECOM_OAUTH_BASE_URL: 'https://open.weixin.qq.com',
    WECOM_LOGIN_BASE_URL: 'https://login.work.weixin.qq.com',
  });
  expect(JSON.stringify(environment)).not.toContain(secret);
  const ssm = environment['AWS_ENDPOINT_URL_SSM'] ?? '';
  const { Value, Type } = await storedParameter(ssm, '/wecom-auth/local/app-secret');
  expect([Value, Type]).toEqual([secret, 'SecureString']);
  // DynamoDB, SSM, Lambda's invocations, EventBridge and SQS: no emulator plays WeCom.
  expect(started).toHaveLength(5);
});
