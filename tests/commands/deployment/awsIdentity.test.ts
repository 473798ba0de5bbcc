import { afterEach, describe, expect, it, vi } from 'vitest';
import { awsIdentity } from '../../../commands/deployment/awsIdentity.ts';

describe('who a person is to AWS', () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is found out as AWS's own tools do, and has more patience than a function", async () => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const { credentials, ...where } = await awsIdentity();
    expect(where).toEqual({
      region: 'eu-west-1',
      connectMilliseconds: 5_000,
      milliseconds: 10_000,
    });
    expect(await credentials()).toMatchObject({ accessKeyId: 'AKIDEXAMPLE' });
    expect(await awsIdentity('cn-north-1')).toMatchObject({ region: 'cn-north-1' });
  });
});
