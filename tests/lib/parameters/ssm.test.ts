import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import {
  ConfigurationError,
  ParameterUnavailable,
  type WecomAuthError,
} from '../../../lib/errors.ts';
import { createSsm, createSsmClient } from '../../../lib/parameters/ssm.ts';
import { type Ssm, startSsm } from '../../../local/ssm/start.ts';
import { output, startAwsService } from '../../harness/awsService.ts';

// For the requests that DynamoDB or SSM never answers.
vi.unmock('../../../lib/awsClient.ts');

const NAME = '/wecom-auth/test/app-secret';
const SECRET = 'a-secret-that-must-not-show';

let ssm: Ssm;
let now = Date.parse('2026-03-02T01:00:00Z');

beforeAll(async () => {
  ssm = await startSsm({ clock: () => now, parameters: { [NAME]: { value: SECRET } } });
  vi.stubEnv('AWS_REGION', 'local');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', ssm.url);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await ssm.close();
});

async function refusal(name = NAME): Promise<WecomAuthError> {
  const error = await createSsm(createSsmClient(systemClock))(name).catch(
    (thrown: unknown) => thrown,
  );
  ssm.faults.clear();
  return error as WecomAuthError;
}

describe('a parameter in SSM', () => {
  it('is read decrypted, by one request', async () => {
    const calls = ssm.calls.length;
    expect((await createSsm(createSsmClient(systemClock))(NAME)).value).toBe(SECRET);
    expect(ssm.calls.slice(calls)).toMatchObject([{ operation: 'GetParameter', names: [NAME] }]);
  });

  it('has a revision that rises with each write, also of the same value', async () => {
    const fetchParameter = createSsm(createSsmClient(systemClock));
    const revisions = [(await fetchParameter(NAME)).revision];
    for (let n = 0; n < 11; n += 1) {
      if (n % 2) now += 1_000;
      ssm.put(NAME, SECRET);
      revisions.push((await fetchParameter(NAME)).revision);
    }
    expect([...revisions].sort()).toEqual(revisions);
    expect(new Set(revisions).size).toBe(12);
    expect(revisions.join()).not.toContain(SECRET);
  });

  it('is trimmed, because a file has a line end', async () => {
    ssm.put(NAME, `  ${SECRET}\r\n`);
    expect((await createSsm(createSsmClient(systemClock))(NAME)).value).toBe(SECRET);
  });

  it('is a configuration error that names it if it is blank', async () => {
    ssm.put('/blank', ' \n');
    const error = await refusal('/blank');
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.details).toMatchObject({ parameter: '/blank' });
  });

  it('is a configuration error that says what to create if it is missing', async () => {
    const error = await refusal('/missing');
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.details['advice']).toContain('/missing');
  });

  it.each([
    ['AccessDeniedException', /ssm:GetParameter.*kms:Decrypt/],
    ['KMSAccessDeniedException', /kms:Decrypt/],
  ])('is an error that says what to allow on %s, and quotes no role', async (type, advice) => {
    ssm.faults.fail('GetParameter', { type });
    const error = await refusal();
    expect(error).toBeInstanceOf(ParameterUnavailable);
    expect(error.details).toMatchObject({ parameter: NAME, reason: type });
    expect(error.details['advice']).toMatch(advice);
    expect(JSON.stringify([error.message, error.details])).not.toContain('arn:');
  });

  it.each(['ThrottlingException', 'InternalServerError'])(
    'is requested twice, not more, on %s',
    async (type) => {
      const calls = ssm.calls.length;
      ssm.faults.fail('GetParameter', { type });
      const error = await refusal();
      expect(error).toBeInstanceOf(ParameterUnavailable);
      expect(error.details['advice']).toBeUndefined();
      expect(ssm.calls.length - calls).toBe(2);
    },
  );

  it.each([
    ['Version', { Value: SECRET, LastModifiedDate: 1_772_000_000 }],
    ['LastModifiedDate', { Value: SECRET, Version: 1 }],
    ['Value', { Version: 1, LastModifiedDate: 1_772_000_000 }],
  ])('is unavailable if the response has no %s', async (_member, Parameter) => {
    const { url } = await startAwsService(output({ Parameter }));
    vi.stubEnv('AWS_ENDPOINT_URL_SSM', url);
    const error = await refusal();
    vi.stubEnv('AWS_ENDPOINT_URL_SSM', ssm.url);
    expect(error).toBeInstanceOf(ParameterUnavailable);
    expect(error.details).toEqual({ parameter: NAME, reason: 'unknown format' });
  });

  it('is unavailable if the connection breaks or SSM does not answer in time', async () => {
    ssm.faults.down();
    expect(await refusal()).toBeInstanceOf(ParameterUnavailable);
    ssm.faults.delay(60_000);
    expect((await refusal()).details['reason']).toBe('ETIMEDOUT');
  });
});
