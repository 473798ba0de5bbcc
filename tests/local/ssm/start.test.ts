import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  GetParameterCommand,
  GetParametersCommand,
  InternalServerError,
  PutParameterCommand,
  SSMClient,
  ThrottlingException,
} from '@aws-sdk/client-ssm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Ssm, type SsmOptions, startSsm } from '../../../local/ssm/start.ts';

async function start(options?: SsmOptions): Promise<Ssm> {
  const ssm = await startSsm(options);
  onTestFinished(() => ssm.close());
  return ssm;
}

function clientOf({ url }: Ssm, maxAttempts = 1): SSMClient {
  const client = new SSMClient({
    endpoint: url,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts,
  });
  onTestFinished(() => client.destroy());
  return client;
}

async function read(client: SSMClient, Name = '/secret'): Promise<string | undefined> {
  const answer = await client.send(new GetParameterCommand({ Name, WithDecryption: true }));
  return answer.Parameter?.Value;
}

async function temporaryFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ssm-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return join(directory, 'kept', 'parameters.json');
}

describe('the SSM stand-in: what it is started with', () => {
  it('puts the initial parameters, secret unless said otherwise', async () => {
    const ssm = await start({
      parameters: { '/secret': { value: 'a' }, '/plain': { value: 'b', type: 'String' } },
    });
    const { Parameters } = await clientOf(ssm).send(
      new GetParametersCommand({ Names: ['/secret', '/plain'] }),
    );
    expect(Parameters?.map(({ Type }) => Type)).toEqual(['SecureString', 'String']);
  });

  it('rotates a parameter in process, keeping its type', async () => {
    const ssm = await start({ parameters: { '/plain': { value: 'a', type: 'String' } } });
    expect(ssm.put('/plain', 'b')).toBe(2);
    expect(ssm.put('/secret', 'c')).toBe(1);
    expect(await read(clientOf(ssm), '/plain')).toBe('b');
    expect(() => ssm.put('/plain', 'd', 'SecureString')).toThrow('changing a parameter type');
  });

  it('rejects with EADDRINUSE where the port is taken', async () => {
    const port = Number(new URL((await start()).url).port);
    await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('the SSM stand-in: its file', () => {
  it('keeps parameters with their versions between runs, for this user alone', async () => {
    const file = await temporaryFile();
    const parameters = { '/secret': { value: 'initial' } };
    const first = await start({ file, parameters, clock: () => 1000 });
    first.put('/secret', 'rotated');
    await first.close();
    await chmod(file, 0o644);

    const second = clientOf(await start({ file, parameters }));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await read(second)).toBe('rotated');
    expect(await read(second, '/secret:1')).toBe('initial');
    await second.send(new PutParameterCommand({ Name: '/b', Value: 'x', Type: 'String' }));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(file, '..'))).toEqual(['parameters.json']);
  });

  it.each(['{"name": s3cret', '[{"name":"/s3cret"}]', '{"a":"s3cret"}'])(
    'refuses a file that holds %j, without repeating it',
    async (content) => {
      const file = await temporaryFile();
      await (await start({ file, parameters: { '/a': { value: 'b' } } })).close();
      await writeFile(file, content);
      const error = await start({ file }).catch((reason: unknown) => reason);
      expect(inspect(error)).toContain('npm start -- --fresh');
      expect(inspect(error)).not.toContain('s3cret');
      expect(await readFile(file, 'utf8')).toBe(content);
    },
  );
});

describe('the SSM stand-in: its log of calls', () => {
  it('names operations, parameters, times and outcomes, never values', async () => {
    const print = vi.spyOn(console, 'log');
    const ssm = await start({ clock: () => 5000 });
    const client = clientOf(ssm);
    const input = { Name: '/secret', Value: 's3cret', Type: 'SecureString' as const };
    await client.send(new PutParameterCommand(input));
    await client.send(new GetParametersCommand({ Names: ['/secret', '/b'], WithDecryption: true }));
    await client.send(new PutParameterCommand(input)).catch(() => {});
    expect(ssm.calls).toEqual([
      { operation: 'PutParameter', names: ['/secret'], at: 5000, outcome: 'ok' },
      { operation: 'GetParameters', names: ['/secret', '/b'], at: 5000, outcome: 'ok' },
      {
        operation: 'PutParameter',
        names: ['/secret'],
        at: 5000,
        outcome: 'ParameterAlreadyExists',
      },
    ]);
    expect(inspect(ssm, { depth: 9 })).not.toContain('s3cret');
    expect(print).not.toHaveBeenCalled();
    print.mockRestore();
  });
});

describe('the SSM stand-in: its faults', () => {
  const parameters = { '/secret': { value: 'a' } };

  it('answers with an error as often as it is told to', async () => {
    const ssm = await start({ parameters });
    const client = clientOf(ssm);
    ssm.faults.fail('GetParameter', { type: 'ThrottlingException', times: 1 });
    ssm.faults.fail('*', { type: 'InternalServerError', times: 1 });
    const names = client.send(new GetParametersCommand({ Names: ['/secret'] }));
    await expect(names).rejects.toBeInstanceOf(InternalServerError);
    await expect(read(client)).rejects.toBeInstanceOf(ThrottlingException);
    expect(await read(client)).toBe('a');
    expect(ssm.calls.map(({ outcome }) => outcome)).toEqual([
      'InternalServerError',
      'ThrottlingException',
      'ok',
    ]);
  });

  it('goes on denying access until it is cleared', async () => {
    const ssm = await start({ parameters });
    const client = clientOf(ssm);
    ssm.faults.fail('GetParameter', { type: 'AccessDeniedException' });
    ssm.faults.fail('PutParameter', { type: 'InvalidKeyId', message: 'no such key', status: 400 });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(read(client)).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining('not authorized to perform: ssm:GetParameter'),
        $metadata: { httpStatusCode: 400 },
      });
    }
    const put = new PutParameterCommand({ Name: '/b', Value: 'x', Type: 'String' });
    await expect(client.send(put)).rejects.toMatchObject({ name: 'InvalidKeyId' });
    ssm.faults.clear();
    expect(await read(client)).toBe('a');
  });

  it('resets connections while it is down', async () => {
    const ssm = await start({ parameters });
    const client = clientOf(ssm);
    expect(await read(client)).toBe('a');
    ssm.faults.down();
    await expect(read(client)).rejects.toMatchObject({ code: 'ECONNRESET' });
    ssm.faults.clear();
    expect(await read(client)).toBe('a');
    expect(ssm.calls.map(({ outcome }) => outcome)).toEqual(['ok', 'down', 'ok']);
  });

  it('answers late, and not at all once it is closed', async () => {
    let arrived = () => {};
    const clock = () => {
      arrived();
      return 0;
    };
    const ssm = await start({ parameters, clock });
    ssm.faults.delay(1);
    expect(await read(clientOf(ssm))).toBe('a');
    ssm.faults.delay(3_600_000);
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const answer = expect(read(clientOf(ssm))).rejects.toThrow();
    await arrival;
    await Promise.all([ssm.close(), ssm.close()]);
    await answer;
  });
});

describe('the SSM stand-in: what is no proper request', () => {
  const proper = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AmazonSSM.GetParameter',
    authorization:
      'AWS4-HMAC-SHA256 Credential=local/20260102/cn-north-1/ssm/aws4_request, SignedHeaders=host, Signature=0',
  };

  async function send(headers: Record<string, string>, body = '{"Name":"/plain"}') {
    const ssm = await start({ parameters: { '/plain': { value: 'a', type: 'String' } } });
    const answer = await fetch(ssm.url, {
      method: 'POST',
      headers: { ...proper, ...headers },
      body,
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text), answer };
  }

  it('answers a proper one with dates as seconds', async () => {
    const { status, body, answer } = await send({});
    expect(status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.Parameter.LastModifiedDate).toBeCloseTo(Date.now() / 1000, -2);
    expect(body.Parameter.ARN).toContain(':cn-north-1:');
  });

  it.each([
    ['an unknown operation', { 'x-amz-target': 'AmazonSSM.StartSession' }, 400],
    ['another service', { 'x-amz-target': 'DynamoDB_20120810.GetItem' }, 400],
    ['another content type', { 'content-type': 'application/json' }, 404],
  ])('answers %s with UnknownOperationException', async (_, headers, status) => {
    expect(await send(headers)).toMatchObject({
      status,
      body: { __type: 'UnknownOperationException' },
    });
  });

  it.each(['', 'not json', '[]', 'null', '{"Name":5}', '{"Name":["/plain"]}'])(
    'answers the body %j with SerializationException',
    async (body) => {
      expect(await send({}, body)).toMatchObject({
        status: 400,
        body: { __type: 'SerializationException' },
      });
    },
  );

  it('answers a missing member with ValidationException', async () => {
    expect((await send({}, '{"Name":null}')).body).toEqual({
      __type: 'ValidationException',
      message:
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    });
  });

  it('answers a missing parameter with the bare type, as the service does', async () => {
    expect((await send({}, '{"Name":"/b"}')).body).toEqual({ __type: 'ParameterNotFound' });
  });

  it('answers an unsigned request with MissingAuthenticationTokenException', async () => {
    const { body } = await send({ authorization: 'Basic bG9jYWw6' });
    expect(body.__type).toBe('MissingAuthenticationTokenException');
  });

  it('answers a body over 256 KiB with 413', async () => {
    const Value = 'x'.repeat(256 * 1024);
    expect((await send({}, JSON.stringify({ Name: '/a', Value }))).status).toBe(413);
  });

  it('answers no web page, which could read every secret from a browser on this machine', async () => {
    expect((await send({ origin: 'https://evil.test' })).status).toBe(403);
  });

  it('survives a client that hangs up in the middle of a request', async () => {
    const ssm = await start({ parameters: { '/secret': { value: 'a' } } });
    const { hostname, port } = new URL(ssm.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half', () => {
          socket.resetAndDestroy();
          resolve();
        });
      });
    });
    expect(await read(clientOf(ssm))).toBe('a');
  });
});
