import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../harness/bundles/bundle.ts';
import { type Edge, startEdge } from '../harness/edge/edge.ts';
import { ENVIRONMENT } from '../harness/lambda/environment.ts';
import { signInEvent, verifyEvent } from '../harness/lambda/events.ts';
import { type Instance, start } from '../harness/lambda/instance.ts';

/*
 * The functions as they are deployed, in a Node.js whose built-in objects cannot be changed: code that lets
 * a request write to a prototype throws here. The functions of the OpenID provider cannot start so, because
 * koa's `depd` assigns Error.prepareStackTrace.
 */

const directory = mkdtempSync(join(tmpdir(), 'wecom-auth-frozen-'));
const instances: Instance[] = [];
let edge: Edge;

beforeAll(async () => {
  edge = await startEdge(0);
});

afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.stop()));
  await edge.close();
  rmSync(directory, { recursive: true });
});

async function startFrozen(name: string): Promise<Instance> {
  const { file } = await bundle(`functions/${name}.ts`, join(directory, name));
  const environment = { ...ENVIRONMENT, ...edge.environment };
  const contestant = { name, file, environment, event: () => verifyEvent };
  const instance = start(contestant, false, ['--frozen-intrinsics', '--no-warnings']);
  instances.push(instance);
  return instance;
}

describe('with frozen intrinsics', () => {
  it('a member signs in, and a body that names prototypes changes nothing', async () => {
    const instance = await startFrozen('getUserInfo');
    const { bodies } = await instance.invoke([signInEvent('user123')]);
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ code: 0, data: { userid: 'user123' } });
    for (const polluting of [
      '{"code":"user123","__proto__":{"polluted":1}}',
      '{"code":"user123","constructor":{"prototype":{"polluted":1}}}',
    ]) {
      const event = { ...signInEvent('user123'), body: polluting };
      expect(JSON.parse((await instance.invoke([event])).bodies[0] ?? '')).toMatchObject({
        data: { userid: 'user123' },
      });
    }
  });

  it('verify answers', async () => {
    const { bodies } = await (await startFrozen('verify')).invoke([verifyEvent]);
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ data: { authorized: true } });
  });
});
