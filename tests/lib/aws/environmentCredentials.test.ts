import { afterEach, describe, expect, it, vi } from 'vitest';
import { environmentCredentials } from '../../../lib/aws/environmentCredentials.ts';

describe('the credentials of a function', () => {
  afterEach(() => vi.unstubAllEnvs());

  const set = (keyId: string | undefined, secret: string | undefined, token?: string) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', keyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
    vi.stubEnv('AWS_SESSION_TOKEN', token);
  };

  it('are those of its environment', async () => {
    set('AKIDEXAMPLE', 'secret', 'session');
    expect(await environmentCredentials()).toEqual({
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'secret',
      sessionToken: 'session',
    });
  });

  it('have no session token where there is none', async () => {
    set('AKIDEXAMPLE', 'secret');
    expect(await environmentCredentials()).toEqual({
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'secret',
    });
  });

  it.each([
    ['no key', undefined, 'secret'],
    ['no secret', 'AKIDEXAMPLE', undefined],
  ])('are a configuration error with %s', async (_what, keyId, secret) => {
    set(keyId, secret);
    await expect(environmentCredentials()).rejects.toMatchObject({ code: 'ERR_CONFIGURATION' });
  });
});
