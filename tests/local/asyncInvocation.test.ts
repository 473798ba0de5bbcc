import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { expect, it, onTestFinished } from 'vitest';
import { startAsyncInvocation } from '../../local/lambda/asyncInvocation.ts';
import { startLambdaPort } from '../harness/lambdaPort.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The stand-in, and a function that does what `run` says. */
async function start(run: (event: unknown) => Promise<unknown>) {
  const lambda = await startLambdaPort(async () => run);
  const invocation = await startAsyncInvocation({
    lambdaUrl: lambda.url,
    functions: ['known'],
    pausesMs: [0, 0],
  });
  const client = new LambdaClient({
    endpoint: invocation.url,
    region: 'local',
    credentials,
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await invocation.close();
    await lambda.close();
  });
  const invoke = (FunctionName = 'known', Payload = '{"userids":["a"]}', type = 'Event') =>
    client.send(new InvokeCommand({ FunctionName, Payload, InvocationType: type as 'Event' }));
  return { lambda, invocation, invoke };
}

it('accepts an event at once, and runs the function once', async () => {
  const { lambda, invocation, invoke } = await start(async () => null);
  expect(await invoke()).toMatchObject({ StatusCode: 202 });
  await invocation.settled();
  expect(lambda.events.map(({ event }) => event)).toEqual(['{"userids":["a"]}']);
  expect(invocation.deadLetters).toEqual([]);
});

it('runs a function that fails twice more', async () => {
  let runs = 0;
  const { invocation, invoke } = await start(async () => {
    runs += 1;
    if (runs < 3) throw new Error('no');
  });
  await invoke();
  await invocation.settled();
  expect(runs).toBe(3);
  expect(invocation.deadLetters).toEqual([]);
});

it('keeps what failed three times, and shows it', async () => {
  const { lambda, invocation, invoke } = await start(async () => {
    throw new Error('no');
  });
  await invoke();
  await invocation.settled();
  expect(lambda.events).toHaveLength(3);
  const letter = { function: 'known', event: '{"userids":["a"]}' };
  expect(invocation.deadLetters).toMatchObject([letter]);
  const shown = await fetch(`${invocation.url}/__dead-letters`);
  expect(await shown.json()).toMatchObject([letter]);
});

it('a function that cannot be reached is a failed run too', async () => {
  const { lambda, invocation, invoke } = await start(async () => null);
  await lambda.close();
  await invoke();
  await invocation.settled();
  expect(invocation.deadLetters).toHaveLength(1);
});

it('refuses as AWS does', async () => {
  const { lambda, invocation, invoke } = await start(async () => null);
  await expect(invoke('unknown')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(invoke('known', '{')).rejects.toMatchObject({
    name: 'InvalidRequestContentException',
  });
  await expect(invoke('known', '{}', 'RequestResponse')).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
  });
  await expect(invoke('known', `"${'a'.repeat(1024 * 1024)}"`)).rejects.toMatchObject({
    name: 'RequestTooLargeException',
  });
  const path = `${invocation.url}/2015-03-31/functions/known/invocations`;
  const headers = { 'x-amz-invocation-type': 'Event' };
  expect(await fetch(path, { method: 'POST', headers, body: '{}' })).toMatchObject({ status: 403 });
  const page = { ...headers, origin: 'http://localhost:3000' };
  expect(await fetch(path, { method: 'POST', headers: page })).toMatchObject({ status: 403 });
  expect(lambda.events).toEqual([]);
});
