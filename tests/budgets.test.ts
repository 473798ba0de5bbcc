import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { licenceCatalogue } from '../commands/licenceCatalogue.ts';
import { FILES_OF_COLD_VERIFY, STATIC_BYTES } from './harness/bundles/budgets.ts';
import { type Bundle, bundle } from './harness/bundles/bundle.ts';
import { compositionOf, packageOf } from './harness/bundles/composition.ts';
import recorded from './harness/bundles/recorded.json' with { type: 'json' };
import { type Edge, startEdge } from './harness/edge/edge.ts';
import { ENVIRONMENT } from './harness/lambda/environment.ts';
import { signInEvent, verifyEvent } from './harness/lambda/events.ts';
import { type OnTheWire, type WireResult, wire } from './harness/lambda/wire.ts';

/*
 * The budgets that are the same on every machine: bytes, files and requests. `npm run bench` measures
 * times.
 */

const directory = mkdtempSync(join(tmpdir(), 'wecom-auth-budgets-'));
afterAll(() => rmSync(directory, { recursive: true }));

const bundles: Record<string, Bundle> = {};
beforeAll(async () => {
  for (const name of Object.keys(STATIC_BYTES)) {
    bundles[name] = await bundle(`functions/${name}.ts`, join(directory, name));
  }
});

function bundleOf(name: string): Bundle {
  const found = bundles[name];
  if (found === undefined) throw new Error(`${name} was not bundled`);
  return found;
}

describe('what a function loads before its first request', () => {
  it.each(Object.entries(STATIC_BYTES))('%s: at most %i bytes, minified', (name, budget) => {
    const { bytes, packages } = compositionOf(bundleOf(name));
    expect(bytes, `${name} loads ${bytes} bytes; ${grown(name, packages)}`).toBeLessThanOrEqual(
      budget,
    );
  });

  it('has a budget for every function', () => {
    const { functions } = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' });
    const provider = parse(readFileSync('resources/openid.yml', 'utf8'));
    const events = parse(readFileSync('resources/events.yml', 'utf8'), { logLevel: 'error' });
    const console = parse(readFileSync('resources/console.yml', 'utf8'), { logLevel: 'error' });
    const all = Object.keys({
      ...functions[0],
      ...provider,
      ...events.functions,
      ...console.functions,
      ...console.clients,
    });
    expect(Object.keys(STATIC_BYTES).sort()).toEqual(all.sort());
  });

  // What a tool of development brings is in no audit, SBOM or list of licences of what is deployed.
  it('comes from this project and from the packages of docs/licences.md only', () => {
    const catalogue = licenceCatalogue();
    const packages = new Set(
      Object.values(bundles).flatMap(({ metafile }) => Object.keys(metafile.inputs).map(packageOf)),
    );
    packages.delete('wecom-auth');
    expect(packages.size).toBeGreaterThan(20);
    expect([...packages].filter((name) => !catalogue.includes(`\n| ${name} |`))).toEqual([]);
  });

  it("excludes SSM's client, which is loaded when a secret is needed", () => {
    for (const name of Object.keys(bundles)) {
      expect(Object.keys(compositionOf(bundleOf(name)).packages)).not.toContain(
        '@aws-sdk/client-ssm',
      );
    }
    expect(packagesOf('callback')).toContain('@aws-sdk/client-ssm');
  });

  it("never includes EventBridge's client, except in publishEvents", () => {
    for (const name of Object.keys(bundles)) {
      const has = packagesOf(name).includes('@aws-sdk/client-eventbridge');
      expect(has, name).toBe(name === 'publishEvents');
    }
  });

  it("excludes SQS's client, which is loaded when there is an event to send", () => {
    // All functions of the provider have the same wiring.
    const isSender = (name: string) =>
      ['adminPermissions', 'callback', 'getUserInfo', 'personChanges'].includes(name) ||
      isProvider(name);
    for (const name of Object.keys(bundles)) {
      const outputs = Object.entries(bundleOf(name).metafile.outputs);
      const [client, ...others] = outputs.filter(([, { inputs }]) =>
        Object.keys(inputs).some((path) => path.endsWith('events/sqs.ts')),
      );
      expect(others).toEqual([]);
      expect(client !== undefined, name).toBe(isSender(name));
      // Bundled separately: it shares no file with the static imports, except the bundler's helpers.
      const shared = (client?.[1].imports ?? []).filter(
        ({ path }) => Object.keys(bundleOf(name).metafile.outputs[path]?.inputs ?? {}).length > 0,
      );
      expect(shared).toEqual([]);
    }
  });

  it("never includes a credential provider except the one for Lambda's environment", () => {
    for (const name of Object.keys(bundles)) {
      const others = packagesOf(name).filter(
        (each) =>
          each.includes('credential-provider') && each !== '@aws-sdk/credential-provider-env',
      );
      expect(others, name).toEqual([]);
    }
    expect(packagesOf('verify')).toContain('@aws-sdk/credential-provider-env');
  });

  it('never includes the OpenID provider, except in its own functions', () => {
    for (const name of Object.keys(bundles)) {
      const provider = packagesOf(name).filter((each) => PROVIDER.includes(each));
      const own = PROVIDER.filter((each) => each !== 'mime-db');
      expect(provider.sort(), name).toEqual(isProvider(name) ? own.sort() : []);
    }
  });

  it.each(['jose', 'fast-xml-parser'])('excludes %s, except in the OpenID provider', (heavy) => {
    for (const name of Object.keys(bundles).filter((each) => !isProvider(each))) {
      expect(Object.keys(compositionOf(bundleOf(name)).packages)).not.toContain(heavy);
    }
  });
});

/** The packages of the OpenID provider. `mime-db`, which koa imports, is left out of every bundle. */
const PROVIDER = ['oidc-provider', 'koa', 'serverless-http', 'mime-db'];

const isProvider = (name: string) => ['openid', 'openidToken', 'signOuts'].includes(name);

/** The packages in the function's bundle, behind `import()` or not. */
function packagesOf(name: string): string[] {
  const outputs = Object.values(bundleOf(name).metafile.outputs);
  return [...new Set(outputs.flatMap(({ inputs }) => Object.keys(inputs).map(packageOf)))];
}

/** @returns the packages that have grown since tests/harness/bundles/recorded.json, in words */
function grown(name: string, packages: Readonly<Record<string, number>>): string {
  const before: Record<string, number> =
    (recorded as Record<string, Record<string, number>>)[name] ?? {};
  const more = Object.entries(packages)
    .map(([each, size]) => ({ each, by: size - (before[each] ?? 0) }))
    .filter(({ by }) => by > 0)
    .sort((a, b) => b.by - a.by);
  const list = more.map(({ each, by }) => `${each} by ${by}`).join(', ');
  return `since tests/harness/bundles/recorded.json these have grown: ${list || 'none'}`;
}

describe('one request on the wire', () => {
  let edge: Edge;
  let result: WireResult;
  beforeAll(async () => {
    // With this latency of WeCom, parallel calls arrive before the first response.
    edge = await startEdge(100);
    const contestant = (name: string) => ({
      name,
      file: bundleOf(name).file,
      environment: { ...ENVIRONMENT, ...edge.environment },
      event: () => (name === 'verify' ? verifyEvent : signInEvent('user123')),
    });
    result = await wire(edge, contestant('getUserInfo'), contestant('verify'));
  });
  afterAll(() => edge.close());

  const of = (what: string): OnTheWire => {
    const found = result.cases.find((each) => each.what === what);
    if (found === undefined) throw new Error(`nothing was counted for: ${what}`);
    return found;
  };

  it('a warm verify is one request to DynamoDB, a cold one two, and neither calls WeCom', () => {
    expect(of('verify, warm').dynamoDb).toEqual(['Query']);
    expect(of('verify, cold').dynamoDb).toEqual(['Query', 'BatchGetItem']);
    for (const what of ['verify, warm', 'verify, cold']) {
      expect([...of(what).wecom, ...of(what).ssm]).toEqual([]);
    }
  });

  it('a warm sign-in is three calls of WeCom, two deep, and at most two requests to DynamoDB', () => {
    for (const what of ['sign-in, warm', 'sign-in, warm, a member new to the instance']) {
      const { wecom, depth, dynamoDb, ssm } = of(what);
      expect(wecom).toEqual(['auth/getuserinfo', 'user/get', 'auth/getuserdetail']);
      expect(depth).toBe(2);
      expect(dynamoDb.length).toBeLessThanOrEqual(2);
      expect(ssm).toEqual([]);
    }
  });

  it('a department that is not cached is a fourth call, three deep', () => {
    const { wecom, depth } = of('sign-in, warm, a department that is not cached');
    expect(wecom).toHaveLength(4);
    expect(depth).toBe(3);
  });

  it('a cold sign-in that finds the token in DynamoDB calls neither gettoken nor SSM', () => {
    const { wecom, ssm } = of('sign-in, cold, the token in DynamoDB');
    expect(wecom).not.toContain('gettoken');
    expect(ssm).toEqual([]);
  });

  it('the first sign-in of all calls gettoken once and SSM once', () => {
    const { wecom, ssm } = of('first sign-in of all');
    expect(wecom.filter((api) => api === 'gettoken')).toHaveLength(1);
    expect(ssm).toEqual(['GetParameter']);
  });

  it(`a cold verify loads at most ${FILES_OF_COLD_VERIFY} files of its package`, () => {
    expect(result.verifyFiles.length, result.verifyFiles.join(', ')).toBeLessThanOrEqual(
      FILES_OF_COLD_VERIFY,
    );
  });
});
