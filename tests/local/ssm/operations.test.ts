import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  HierarchyLevelLimitExceededException,
  HierarchyTypeMismatchException,
  InvalidFilterKey,
  InvalidNextToken,
  InvalidResourceId,
  ParameterAlreadyExists,
  ParameterNotFound,
  ParameterVersionNotFound,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ssm, startSsm } from '../../../local/ssm/start.ts';

const secret = '/wecom-auth/local/app-secret';
const start = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

let now: number;
let ssm: Ssm;
let client: SSMClient;

beforeEach(async () => {
  now = start;
  ssm = await startSsm({ clock: () => now });
  client = new SSMClient({
    endpoint: ssm.url,
    region: 'ap-southeast-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterEach(async () => {
  client.destroy();
  await ssm.close();
});

const put = (input: Partial<PutParameterCommandInput> = {}) =>
  client.send(
    new PutParameterCommand({ Name: secret, Value: 's3cret', Type: 'SecureString', ...input }),
  );

const get = async (Name = secret, WithDecryption = true) =>
  (await client.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter;

describe('GetParameter', () => {
  it('gives a parameter with its version, ARN and date', async () => {
    await put();
    expect(await get()).toEqual({
      Name: secret,
      Type: 'SecureString',
      Value: 's3cret',
      Version: 1,
      LastModifiedDate: new Date(start),
      ARN: `arn:aws:ssm:ap-southeast-1:000000000000:parameter${secret}`,
      DataType: 'text',
    });
  });

  it('gives a SecureString only with decryption, and otherwise what looks encrypted', async () => {
    await put();
    const hidden = await get(secret, false);
    expect(hidden?.Value).toMatch(/^AQICAH[\w+/]{80,}=*$/);
    expect(await get(secret, false)).toEqual(hidden);
    await put({ Overwrite: true });
    expect((await get(secret, false))?.Value).not.toBe(hidden?.Value);
    await put({ Name: 'plain', Value: '公开', Type: 'String' });
    expect((await get('plain', false))?.Value).toBe('公开');
  });

  it('gives an older version by its number, and any by ARN', async () => {
    await put({ Value: 'one' });
    await put({ Value: 'two', Overwrite: true });
    expect(await get(`${secret}:1`)).toMatchObject({ Value: 'one', Version: 1, Selector: ':1' });
    expect(await get()).toMatchObject({ Value: 'two', Version: 2 });
    const arn = `arn:aws:ssm:ap-southeast-1:000000000000:parameter${secret}`;
    expect(await get(`${arn}:1`)).toMatchObject({ Name: secret, Value: 'one' });
    await put({ Name: 'rootless' });
    expect(await get('arn:aws-cn:ssm:cn-north-1:1:parameter/rootless')).toMatchObject({
      Name: 'rootless',
    });
  });

  it('answers what is not there as the service does', async () => {
    await expect(get()).rejects.toBeInstanceOf(ParameterNotFound);
    await put();
    await expect(get(`${secret}:2`)).rejects.toBeInstanceOf(ParameterVersionNotFound);
    await expect(get(`${secret}:a-label`)).rejects.toThrow(
      `could not find version a-label of ${secret}`,
    );
  });

  it.each(['no/leading/slash', '/with space', '/ssm-name', '/a//b', '/a/', '/a:1:2', '/a:', '/密'])(
    'refuses %j as a name',
    async (name) => {
      await expect(get(name)).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringContaining('Parameter name: can\'t be prefixed with "ssm"'),
      });
    },
  );
});

describe('GetParameters', () => {
  it('gives those that are there and names those that are not', async () => {
    await put();
    await put({ Name: '/b' });
    const Names = ['/b', '/missing', `${secret}:1`, '/b:9'];
    const answer = await client.send(new GetParametersCommand({ Names, WithDecryption: true }));
    expect(answer.Parameters?.map(({ Name }) => Name)).toEqual(['/b', secret]);
    expect(answer.InvalidParameters).toEqual(['/missing', '/b:9']);
  });

  it('refuses more than ten names, and a malformed one', async () => {
    const ask = (Names: string[]) => client.send(new GetParametersCommand({ Names }));
    await expect(ask(Array.from({ length: 11 }, (_, index) => `/${index}`))).rejects.toThrow(
      /^1 validation error detected: Value '\[\/0, .*\]' at 'names' failed to satisfy constraint: Member must have length less than or equal to 10$/,
    );
    await expect(ask(['/a', 'b/c'])).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('GetParametersByPath', () => {
  const ask = async (input: Omit<GetParametersByPathCommand['input'], 'Path'>, Path = '/app') => {
    const answer = await client.send(new GetParametersByPathCommand({ Path, ...input }));
    return { names: answer.Parameters?.map(({ Name }) => Name), NextToken: answer.NextToken };
  };

  it('gives what is directly below a path, or at any depth', async () => {
    for (const Name of ['/app', '/app/b', '/app/a', '/app/a/c', '/apple/d']) await put({ Name });
    expect((await ask({})).names).toEqual(['/app/a', '/app/b']);
    expect((await ask({ Recursive: true }, '/app/')).names).toEqual([
      '/app/a',
      '/app/a/c',
      '/app/b',
    ]);
    expect((await ask({ Recursive: true }, '/')).names).toHaveLength(5);
    expect((await ask({}, '/none')).names).toEqual([]);
  });

  it('gives pages of at most ten, whatever changes between them', async () => {
    for (let index = 10; index < 23; index += 1) await put({ Name: `/app/${index}` });
    const first = await ask({});
    expect(first.names).toHaveLength(10);
    await client.send(new DeleteParameterCommand({ Name: '/app/19' }));
    const second = await ask({ MaxResults: 2, NextToken: first.NextToken });
    expect(second.names).toEqual(['/app/20', '/app/21']);
    expect(await ask({ NextToken: second.NextToken })).toEqual({
      names: ['/app/22'],
      NextToken: undefined,
    });
    await expect(ask({ MaxResults: 11 })).rejects.toThrow(
      "Value '11' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 10",
    );
    await expect(ask({ NextToken: '!' })).rejects.toBeInstanceOf(InvalidNextToken);
  });

  it('refuses a path that does not begin with a slash, and filters, which it does not know', async () => {
    await expect(ask({}, 'app')).rejects.toThrow('must begin with a forward slash');
    await expect(ask({ ParameterFilters: [{ Key: 'Type', Values: ['String'] }] })).rejects.toThrow(
      'not supported by this local stand-in',
    );
  });
});

describe('PutParameter', () => {
  it('counts versions from 1, and overwrites only where it is told to', async () => {
    expect(await put()).toMatchObject({ Version: 1, Tier: 'Standard' });
    await expect(put()).rejects.toBeInstanceOf(ParameterAlreadyExists);
    now += 1000;
    expect((await put({ Value: 'new', Overwrite: true, Type: undefined })).Version).toBe(2);
    expect(await get()).toMatchObject({
      Value: 'new',
      Type: 'SecureString',
      LastModifiedDate: new Date(start + 1000),
    });
  });

  it('keeps the last hundred versions', async () => {
    for (let version = 1; version <= 102; version += 1) ssm.put(secret, `value ${version}`);
    expect(await get()).toMatchObject({ Version: 102 });
    expect(await get(`${secret}:3`)).toMatchObject({ Value: 'value 3' });
    await expect(get(`${secret}:2`)).rejects.toBeInstanceOf(ParameterVersionNotFound);
  });

  it('bounds a value by its tier, in bytes', async () => {
    await put({ Value: 'x'.repeat(4096) });
    await expect(put({ Name: '/b', Value: '密'.repeat(1366) })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(
        /^Standard tier parameters support a maximum parameter value of 4096 characters\. To create/,
      ),
    });
    const large = 'x'.repeat(8192);
    const tiered = await put({ Name: '/c', Value: large, Tier: 'Intelligent-Tiering' });
    expect(tiered.Tier).toBe('Advanced');
    expect((await put({ Name: '/c', Value: 'x', Overwrite: true })).Tier).toBe('Advanced');
    await expect(put({ Name: '/d', Value: `${large}x`, Tier: 'Advanced' })).rejects.toThrow(
      'Advanced tier parameters support a maximum parameter value of 8192 characters.',
    );
    await expect(put({ Name: '/e', Value: 'x'.repeat(32769) })).rejects.toThrow(
      /^1 validation error detected: Value at 'value' failed .* less than or equal to 32768$/,
    );
  });

  it('refuses another type, none at all for a new parameter, and one that there is not', async () => {
    await put();
    await expect(put({ Overwrite: true, Type: 'String' })).rejects.toBeInstanceOf(
      HierarchyTypeMismatchException,
    );
    await expect(put({ Name: '/b', Type: undefined })).rejects.toThrow(
      'A parameter type is required when you create a parameter.',
    );
    await expect(put({ Name: '', Type: 'Secret' as 'String', Value: '' })).rejects.toThrow(
      "3 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
        "Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
        "Value 'Secret' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [SecureString, StringList, String]",
    );
  });

  it('takes a key and tags, but tags only for a new parameter and a key only for a secret', async () => {
    const Tags = [{ Key: 'stage', Value: 'local' }];
    await put({ Tags, KeyId: 'alias/own', Description: 'the secret' });
    await put({ Overwrite: true });
    const { Parameters } = await client.send(new DescribeParametersCommand());
    expect(Parameters).toMatchObject([{ KeyId: 'alias/own', Description: 'the secret' }]);
    await expect(put({ Tags, Overwrite: true })).rejects.toThrow(
      "Invalid request: tags and overwrite can't be used together.",
    );
    await expect(put({ Name: '/b', Type: 'String', KeyId: 'alias/own' })).rejects.toThrow('KeyId');
    await put({ Name: '/list', Type: 'StringList', Value: 'a,b' });
    expect((await get('/list', false))?.Value).toBe('a,b');
  });

  it('refuses reserved and malformed names', async () => {
    await expect(put({ Name: '/aws/reference/x' })).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(put({ Name: 'AwsSecret' })).rejects.toThrow('can\'t be prefixed with "aws"');
    await expect(put({ Name: '/Ssm/x' })).rejects.toThrow('can\'t be prefixed with "ssm"');
    await expect(put({ Name: '/a:1' })).rejects.toThrow('Parameter name:');
    await expect(put({ Name: `/${'x'.repeat(1011)}` })).rejects.toThrow('1011');
    await put({ Name: '/x'.repeat(15) });
    await expect(put({ Name: '/x'.repeat(16) })).rejects.toBeInstanceOf(
      HierarchyLevelLimitExceededException,
    );
  });

  it.each([{ AllowedPattern: '.*' }, { Policies: '[]' }, { DataType: 'aws:ec2:image' }])(
    'refuses %j, which it would not keep',
    async (input) => {
      await expect(put(input)).rejects.toThrow('not supported by this local stand-in');
      await put({ DataType: 'text' });
    },
  );
});

describe('DeleteParameter', () => {
  it('removes a parameter with its history', async () => {
    await put();
    await put({ Overwrite: true });
    await client.send(new DeleteParameterCommand({ Name: secret }));
    await expect(get()).rejects.toBeInstanceOf(ParameterNotFound);
    expect((await put()).Version).toBe(1);
    for (const Name of ['/missing', `${secret}:1`]) {
      await expect(client.send(new DeleteParameterCommand({ Name }))).rejects.toBeInstanceOf(
        ParameterNotFound,
      );
    }
  });
});

describe('DescribeParameters', () => {
  const ask = async (filter?: object) => {
    const ParameterFilters = filter && [filter as { Key: string }];
    const answer = await client.send(new DescribeParametersCommand({ ParameterFilters }));
    return answer.Parameters?.map(({ Name }) => Name);
  };

  it('lists parameters, by name where asked, without their values', async () => {
    for (const Name of ['/a/one', '/a/two', '/b/one']) await put({ Name });
    expect(await ask()).toEqual(['/a/one', '/a/two', '/b/one']);
    expect(await ask({ Key: 'Name', Values: ['/a/two'] })).toEqual(['/a/two']);
    expect(await ask({ Key: 'Name', Option: 'BeginsWith', Values: ['/a'] })).toHaveLength(2);
    expect(await ask({ Key: 'Name', Option: 'Contains', Values: ['one'] })).toHaveLength(2);
    const answer = await client.send(new DescribeParametersCommand({ MaxResults: 2 }));
    expect(answer.NextToken).toBeDefined();
    expect(JSON.stringify(answer)).not.toContain('s3cret');
  });

  it('refuses filters that it does not know', async () => {
    await expect(ask({ Key: 'Tier', Values: ['x'] })).rejects.toBeInstanceOf(InvalidFilterKey);
    await expect(ask({ Key: 'Name' })).rejects.toMatchObject({ name: 'InvalidFilterValue' });
    await expect(ask({ Key: 'Name', Option: 'Like', Values: ['x'] })).rejects.toMatchObject({
      name: 'InvalidFilterOption',
    });
  });
});

describe('AddTagsToResource', () => {
  it('takes tags for a parameter that is there', async () => {
    await put();
    const tag = (ResourceId: string) =>
      client.send(
        new AddTagsToResourceCommand({
          ResourceType: 'Parameter',
          ResourceId,
          Tags: [{ Key: 'a', Value: 'b' }],
        }),
      );
    await tag(secret);
    await expect(tag('/missing')).rejects.toBeInstanceOf(InvalidResourceId);
  });
});
