import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { awsEndpoint } from '../../../lib/aws/endpoint.ts';

describe('where a service of AWS is asked', () => {
  beforeEach(() => {
    for (const name of ['', '_DYNAMODB', '_SSM']) vi.stubEnv(`AWS_ENDPOINT_URL${name}`, undefined);
  });
  afterEach(() => vi.unstubAllEnvs());

  it('is its region', () => {
    expect(awsEndpoint('dynamodb', 'ap-southeast-1')).toBe(
      'https://dynamodb.ap-southeast-1.amazonaws.com',
    );
    expect(awsEndpoint('ssm', 'cn-north-1')).toBe('https://ssm.cn-north-1.amazonaws.com.cn');
  });

  it('is where the environment says, first for this service and then for all', () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    expect(awsEndpoint('dynamodb', 'local')).toBe('http://127.0.0.1:1');
    vi.stubEnv('AWS_ENDPOINT_URL_SSM', 'http://127.0.0.1:2');
    expect(awsEndpoint('ssm', 'local')).toBe('http://127.0.0.1:2');
    expect(awsEndpoint('dynamodb', 'local')).toBe('http://127.0.0.1:1');
  });

  it('is not an empty setting', () => {
    vi.stubEnv('AWS_ENDPOINT_URL_SSM', '');
    expect(awsEndpoint('ssm', 'eu-west-1')).toBe('https://ssm.eu-west-1.amazonaws.com');
  });
});
