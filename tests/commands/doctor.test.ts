import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readApiAddress } from '../../commands/doctor/apiAddress.ts';
import type { Finding } from '../../commands/doctor/finding.ts';
import { functionLog, linesOf, type ReadLog } from '../../commands/doctor/functionLog.ts';
import { checkOpenid } from '../../commands/doctor/openidChecks.ts';
import { runChecks } from '../../commands/doctor/runChecks.ts';
import { checkStack, checkStageFile } from '../../commands/doctor/stackChecks.ts';
import { checkTables } from '../../commands/doctor/tableChecks.ts';
import { openTarget } from '../../commands/doctor/target.ts';
import { checkWecom } from '../../commands/doctor/wecomChecks.ts';
import { tokenKey } from '../../lib/tableKeys.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { type Aws, startAws } from '../harness/aws.ts';
import { receiveCallbacks } from '../harness/callbackTargets.ts';
import { proof, redeem } from '../harness/journey.ts';
import { serve } from '../harness/serve.ts';
import {
  CALLBACK_PARAMETERS,
  SECRET_PARAMETER,
  SESSION_KEYS_PARAMETER,
  type Stack,
  startStack,
} from '../harness/stack.ts';
import { storedParameter } from '../harness/storedParameter.ts';

const AGENT = 1000002;

let stack: Stack;
let api: string;

beforeAll(async () => {
  stack = await startStack();
  await freshInstance();
});

/** An instance that remembers nothing, with an empty cache table behind it. */
async function freshInstance() {
  const instance = await stack.newInstance();
  api = instance.url;
  // As it is deployed, the API is its own issuer.
  instance.environment['SESSION_ISSUER'] = api;
  stack.environment['SESSION_ISSUER'] = api;
  vi.stubEnv('SESSION_ISSUER', api);
  receiveCallbacks(stack.wecom, api);
}

/** Deletes the token with its breaker and its count, as if the stage were new. */
async function forgetToken() {
  const { pk } = tokenKey(stack.wecom.company.corpid, String(AGENT));
  await stack.client.send(
    new DeleteItemCommand({ TableName: 'wecom-auth-local-cache', Key: { pk: { S: pk } } }),
  );
}

afterEach(() => {
  stack.wecom.faults.clear();
  stack.wecom.calls.clear();
});

const readLog: ReadLog = async ({ functionName, wanted }) =>
  stack.log().filter((line) => line['function'] === functionName && wanted(line));

/** The doctor on the stack as it is, with these differences in the stage. */
async function doctor(change: NodeJS.ProcessEnv = {}, now: () => number = Date.now) {
  for (const [name, value] of Object.entries(change)) vi.stubEnv(name, value);
  const target = openTarget({ stage: 'local', api }, process.env);
  const findings: Finding[] = [];
  for await (const finding of runChecks(target, readLog, now)) findings.push(finding);
  for (const name of Object.keys(change)) vi.stubEnv(name, stack.environment[name]);
  return {
    findings,
    failed: findings.filter(({ outcome }) => outcome === 'failed'),
    checks: findings.map(({ check }) => check),
  };
}

/** The one thing that is wrong, with its remedy in both languages. */
async function findProblem(change?: NodeJS.ProcessEnv) {
  const { failed, findings } = await doctor(change);
  expect(failed).toHaveLength(1);
  const [problem] = failed as [Finding];
  return { ...problem, last: findings.at(-1) === problem };
}

const gettokens = () => stack.wecom.calls.list('gettoken').length;

describe('the doctor', () => {
  it('finds a healthy stack healthy, and looks at everything in order', async () => {
    const { failed, checks } = await doctor();
    expect(failed).toEqual([]);
    expect(checks).toEqual([
      'stage',
      'stack',
      'app-secret',
      'session-keys',
      'callback-app',
      'callback-contacts',
      'table-cache',
      'table-permissions',
      'event-bus',
      'api',
      'clock',
      'gettoken',
      'address',
      'agent',
      'visible-range',
      'members',
      'departments',
      'redirect-domain',
      'callback-app-url',
      'callback-contacts-url',
      'discovery',
      'jwks',
      'openid',
      'openid-authorize',
      'openid-token',
      'openid-userinfo',
      'logout-addresses',
      'person-changes',
      'sign-outs',
      'verify',
      'authorize',
      'sign-in',
    ]);
  });

  it('finds an event bus that does not exist, and looks for none on a stage without one', async () => {
    const { check, what, remedy } = await findProblem({ EVENT_BUS: 'elsewhere' });
    expect(check).toBe('event-bus');
    expect(what.en).toContain('there is no event bus elsewhere in local');
    expect(remedy?.zh).toContain('aws events create-event-bus --name elsewhere');
    expect((await doctor({ EVENT_BUS: '' })).checks).not.toContain('event-bus');
  });

  it('says that it cannot read the event bus', async () => {
    stack.eventBridge.faults.isDown = true;
    const { findings, failed } = await doctor();
    stack.eventBridge.faults.isDown = false;
    expect(failed).toEqual([]);
    expect(findings.find(({ check }) => check === 'event-bus')).toMatchObject({
      outcome: 'unknown',
      what: { en: expect.stringContaining('the event bus wecom-auth-local cannot be read') },
    });
  });

  it('changes nothing but what its one sign-in does', async () => {
    await doctor();
    expect(stack.wecom.calls.list('auth/getuserinfo')).toHaveLength(1);
    expect(gettokens()).toBeLessThanOrEqual(2);
  });
});

describe('the doctor diagnoses', () => {
  it('a right secret too with one call, however often it runs', async () => {
    await forgetToken();
    for (let run = 1; run <= 3; run += 1) expect((await doctor()).failed).toEqual([]);
    expect(gettokens()).toBe(1);
  });

  it('a wrong corp id, with one call', async () => {
    await findProblem({ WECOM_CORP_ID: 'ww00000000wrong' });
    expect(await findProblem({ WECOM_CORP_ID: 'ww00000000wrong' })).toMatchObject({
      check: 'gettoken',
      errcode: 40013,
      remedy: { en: expect.stringContaining('corpId'), zh: expect.stringContaining('企业ID') },
      last: true,
    });
    expect(gettokens()).toBe(1);
  });

  it('a wrong secret, with one call however often it runs', async () => {
    const right = (await secret()) ?? '';
    stack.ssm.put(SECRET_PARAMETER, 'a-wrong-secret');
    const problem = await findProblem();
    for (let run = 2; run <= 7; run += 1) expect(await findProblem()).toEqual(problem);
    stack.ssm.put(SECRET_PARAMETER, right);
    expect(problem).toMatchObject({
      check: 'gettoken',
      errcode: 40001,
      remedy: { en: expect.stringContaining('Secret'), zh: expect.stringContaining('Secret') },
      last: true,
    });
    expect(gettokens()).toBe(1);
    expect(JSON.stringify(problem)).not.toContain('a-wrong-secret');
  });

  it('a wrong secret, for the functions too: they do not call gettoken for it again', async () => {
    await forgetToken();
    await freshInstance();
    const right = (await secret()) ?? '';
    stack.ssm.put(SECRET_PARAMETER, 'a-wrong-secret');
    await findProblem();
    await redeem(api, await proof(api));
    expect(gettokens()).toBe(1);
    const log = stack.log();
    expect(log.at(-1)).toMatchObject({ error: 'ERR_TOKEN_UNAVAILABLE', errcode: 40001 });
    expect(log.filter((line) => line['TokenBreakerOpened'] === 1)).not.toEqual([]);
    stack.ssm.put(SECRET_PARAMETER, right);
    expect((await doctor()).failed).toEqual([]);
  });

  it('ten failed calls in an hour, its own among them: the eleventh waits, and until when', async () => {
    await forgetToken();
    const right = (await secret()) ?? '';
    for (let n = 1; n <= 10; n += 1) {
      stack.ssm.put(SECRET_PARAMETER, `a-wrong-secret-${n}`);
      expect(await findProblem()).toMatchObject({ check: 'gettoken', errcode: 40001 });
    }
    stack.ssm.put(SECRET_PARAMETER, right);
    const problem = await findProblem();
    await forgetToken();
    expect(gettokens()).toBe(10);
    expect(problem).toMatchObject({ check: 'gettoken', last: true });
    const [until = ''] = /(?<=no further call before ).*(?=\))/.exec(problem.what.en) ?? [];
    expect(Math.abs(Date.parse(until) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    expect(problem.what.zh).toContain(`${until} 之前不再调用`);
    expect(problem.remedy?.en).toContain(`none is made before ${until}`);
    expect(problem.remedy?.zh).toContain(`${until} 之前不再调用`);
  });

  it('a wrong secret that the functions have found out already, with no call at all', async () => {
    await freshInstance();
    await stack.wecom.tokens.revoke();
    stack.wecom.faults.add({ kind: 'wrong-secret' });
    stack.ssm.put(SECRET_PARAMETER, (await secret()) ?? '');
    await redeem(api, await proof(api));
    stack.wecom.calls.clear();
    const problem = await findProblem();
    expect(problem).toMatchObject({ check: 'gettoken', errcode: 40001, last: true });
    expect(gettokens()).toBe(0);
    // Written again, it deserves a try at once.
    stack.wecom.faults.clear();
    stack.ssm.put(SECRET_PARAMETER, (await secret()) ?? '');
    expect((await doctor()).failed).toEqual([]);
  });

  it('an address that is not listed: which one, and where', async () => {
    stack.wecom.administrator.updateApp(AGENT, { trusted_ips: ['203.0.113.9'] });
    const problem = await findProblem();
    stack.wecom.administrator.updateApp(AGENT, { trusted_ips: undefined } as never);
    expect(problem).toMatchObject({
      check: 'address',
      errcode: 60020,
      remedy: {
        en: expect.stringMatching(/Add 127\.0\.0\.1 .*企业可信IP/),
        zh: expect.stringMatching(/127\.0\.0\.1.*企业可信IP|企业可信IP.*127\.0\.0\.1/),
      },
      last: true,
    });
  });

  it("an address that only the functions' calls come from", async () => {
    stack.wecom.faults.add(60020, { on: 'auth/getuserinfo' });
    expect(await findProblem()).toMatchObject({
      check: 'sign-in',
      errcode: 60020,
      remedy: { en: expect.stringContaining('Add 127.0.0.1') },
    });
  });

  it('a disabled app, which gettoken calls a wrong secret', async () => {
    // A token from before, by which the two are told apart.
    await redeem(api, await proof(api));
    stack.wecom.administrator.updateApp(AGENT, { enabled: false });
    const problem = await findProblem();
    stack.wecom.administrator.updateApp(AGENT, { enabled: true });
    expect(problem).toMatchObject({
      check: 'agent',
      errcode: 50003,
      remedy: { en: expect.stringContaining('Enable'), zh: expect.stringContaining('启用') },
      last: true,
    });
  });

  it('a disabled app also after the secret was written again, by the token from before', async () => {
    await redeem(api, await proof(api));
    stack.wecom.calls.clear();
    stack.ssm.put(SECRET_PARAMETER, (await secret()) ?? '');
    stack.wecom.administrator.updateApp(AGENT, { enabled: false });
    const problem = await findProblem();
    stack.wecom.administrator.updateApp(AGENT, { enabled: true });
    stack.ssm.put(SECRET_PARAMETER, (await secret()) ?? '');
    expect(problem).toMatchObject({ check: 'agent', errcode: 50003, last: true });
    expect(gettokens()).toBe(1);
    expect((await doctor()).failed).toEqual([]);
  });

  it('nothing in a token that WeCom has revoked early: it is replaced, as in a sign-in', async () => {
    await redeem(api, await proof(api));
    stack.wecom.calls.clear();
    stack.wecom.tokens.revoke();
    expect((await doctor()).failed).toEqual([]);
    expect(gettokens()).toBe(1);
  });

  it('an app that says itself that it is closed', async () => {
    const server = createServer((request, response) => {
      const gettoken = request.url?.includes('gettoken');
      const answer = gettoken
        ? { errcode: 0, access_token: 'not-of-wecom', expires_in: 7200 }
        : { errcode: 0, name: '云帆门户', close: 1, department_id: [] };
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { failed, findings } = await doctor({ WECOM_API_BASE_URL: `http://127.0.0.1:${port}` });
    server.close();
    expect(failed[0]).toMatchObject({ check: 'agent', stop: true });
    expect(failed[0]?.remedy?.en).toContain('Enable');
    expect(findings.map(({ check }) => check)).not.toContain('sign-in');
  });

  it("an agent id that is not the secret's", async () => {
    expect(await findProblem({ WECOM_AGENT_ID: '1000001' })).toMatchObject({
      check: 'agent',
      errcode: 301002,
      remedy: { en: expect.stringContaining('agentId') },
    });
    expect(await findProblem({ WECOM_AGENT_ID: '99' })).toMatchObject({
      check: 'agent',
      errcode: 40056,
    });
  });

  it('an empty visible range', async () => {
    const visible = stack.wecom.company.apps.find(({ agentid }) => agentid === AGENT)?.visible;
    stack.wecom.administrator.updateApp(AGENT, { visible: { users: [], parties: [], tags: [] } });
    const problem = await findProblem();
    if (visible) stack.wecom.administrator.updateApp(AGENT, { visible });
    expect(problem).toMatchObject({
      check: 'visible-range',
      remedy: { en: expect.stringContaining('可见范围'), zh: expect.stringContaining('可见范围') },
    });
  });

  it('a missing secret', async () => {
    const kept = (await secret()) ?? '';
    await remove(SECRET_PARAMETER);
    const problem = await findProblem();
    stack.ssm.put(SECRET_PARAMETER, kept);
    expect(problem).toMatchObject({
      check: 'app-secret',
      remedy: { en: 'npm run setup -- --stage local' },
    });
    expect(gettokens()).toBe(0);
  });

  it('missing and unreadable session keys', async () => {
    const { Value: kept } = await storedParameter(stack.ssm.url, SESSION_KEYS_PARAMETER);
    await remove(SESSION_KEYS_PARAMETER);
    await freshInstance();
    const { failed } = await doctor();
    stack.ssm.put(SESSION_KEYS_PARAMETER, '{"keys":"?"}');
    const unreadable = (await doctor()).failed;
    stack.ssm.put(SESSION_KEYS_PARAMETER, kept);
    await freshInstance();
    for (const findings of [failed, unreadable]) {
      // Without keys there is no session and no ID token, so the last checks fail too.
      expect(findings.map(({ check }) => check)).toEqual([
        'session-keys',
        'jwks',
        'openid-authorize',
        'openid-token',
        'openid-userinfo',
        'sign-in',
      ]);
      expect(findings[0]?.remedy?.en).toContain('npm run keys -- create');
    }
  });

  it('SSM that may not be read', async () => {
    stack.ssm.faults.fail('GetParameter', { type: 'AccessDeniedException' });
    const { failed } = await doctor();
    stack.ssm.faults.clear();
    expect(failed[0]).toMatchObject({ check: 'app-secret', stop: true });
    expect(failed[0]?.remedy?.en).toContain('ssm:GetParameter');
  });

  it.each([
    ['a key or role that is no longer valid', 'ExpiredTokenException', 'Sign in to AWS'],
    ['a key that AWS does not know', 'UnrecognizedClientException', 'Sign in to AWS'],
    ['a signature of another time', 'InvalidSignatureException', 'clock'],
    ['SSM that has too much to do', 'ThrottlingException', 'Try again'],
  ])('%s, and not as a want of permission', async (_what, type, remedy) => {
    stack.ssm.faults.fail('GetParameter', { type });
    const { failed } = await doctor();
    stack.ssm.faults.clear();
    expect(failed[0]?.what.en).toContain(type);
    expect(failed[0]?.remedy?.en).toContain(remedy);
    expect(failed[0]?.remedy?.en).not.toContain('ssm:GetParameter');
  });

  it('a callback that is not set up, as something that needs not be', async () => {
    await remove(CALLBACK_PARAMETERS.contacts);
    const { findings, failed } = await doctor();
    stack.ssm.put(CALLBACK_PARAMETERS.contacts, callbackKeys());
    expect(failed).toEqual([]);
    expect(findings.find(({ check }) => check === 'callback-contacts')).toMatchObject({
      outcome: 'unknown',
      remedy: { en: expect.stringContaining('docs/callbacks.md') },
    });
    expect(findings.map(({ check }) => check)).not.toContain('callback-contacts-url');
  });

  it('a callback key of the wrong form, without showing it', async () => {
    stack.ssm.put(CALLBACK_PARAMETERS.app, '{"token":"abc","encodingAesKey":"too-short"}');
    const problem = await findProblem();
    stack.ssm.put(CALLBACK_PARAMETERS.app, callbackKeys('app'));
    expect(problem).toMatchObject({
      check: 'callback-app',
      what: { en: expect.stringContaining('encodingAesKey must be 43') },
      remedy: { en: expect.stringContaining('Copy Token and EncodingAESKey again') },
    });
    expect(JSON.stringify(problem)).not.toContain('too-short');
  });

  it("an EncodingAESKey that is not the console's, once WeCom has used its own", async () => {
    const other = { token: FIXTURE_KEYS.app.token, encodingAesKey: `${'x'.repeat(42)}A` };
    stack.ssm.put(CALLBACK_PARAMETERS.app, JSON.stringify(other));
    await freshInstance();
    expect((await doctor()).failed).toEqual([]);
    expect(await stack.wecom.callbacks.verify('app')).toMatchObject({ ok: false });
    const problem = await findProblem();
    expect(problem).toMatchObject({
      check: 'callback-app-url',
      remedy: {
        en: expect.stringContaining("The EncodingAESKey in SSM differs from WeCom's console"),
        zh: expect.stringContaining('SSM 中的 EncodingAESKey 与管理后台不一致'),
      },
    });
    // Put right, what was refused before counts no more.
    stack.ssm.put(CALLBACK_PARAMETERS.app, callbackKeys('app'));
    await freshInstance();
    expect((await doctor()).failed).toEqual([]);
  });

  it("somebody else's callbacks, as a note and not as a failure", async () => {
    await freshInstance();
    const forged = { msg_signature: 'f'.repeat(40), nonce: '1', echostr: 'eA==' };
    const timestamp = String(Math.floor(Date.now() / 1_000));
    for (let at = 0; at < 3; at++) {
      const query = new URLSearchParams({ ...forged, timestamp });
      const { status } = await fetch(`${api}/api/wecom/callback/app?${query}`);
      expect(status).toBe(403);
    }
    const { failed, findings } = await doctor();
    expect(failed).toEqual([]);
    expect(findings.find(({ check }) => check === 'callback-app-url')).toMatchObject({
      outcome: 'warning',
      what: { en: expect.stringMatching(/ [3-9] requests without a valid signature/) },
      remedy: {
        en: expect.stringContaining('nothing to do'),
        zh: expect.stringContaining('无需处理'),
      },
    });
  });

  it('a front end on a domain that the app does not trust', async () => {
    const { failed } = await doctor({ REDIRECT_URIS: 'https://portal.mycompany.cn/' });
    // The functions have been deployed before the change.
    expect(failed[1]).toMatchObject({
      check: 'authorize',
      remedy: { en: expect.stringContaining('Deploy') },
    });
    expect(failed[0]).toMatchObject({
      check: 'redirect-domain',
      what: { en: expect.stringContaining('portal.mycompany.cn') },
      remedy: { en: expect.stringContaining('可信域名') },
    });
  });

  it('a table that is not there', async () => {
    const port = new URL(stack.environment['AWS_ENDPOINT_URL_DYNAMODB'] ?? '').port;
    expect(port).not.toBe('');
    const empty = await startDynamoDb();
    const { failed, findings } = await doctor({ AWS_ENDPOINT_URL_DYNAMODB: empty.url });
    await empty.close();
    // A call that cannot be counted is not made.
    expect(findings.find(({ check }) => check === 'gettoken')?.outcome).toBe('unknown');
    expect(gettokens()).toBe(0);
    expect(failed.map(({ check }) => check).slice(0, 2)).toEqual([
      'table-cache',
      'table-permissions',
    ]);
    expect(failed[0]?.what.en).toContain('ResourceNotFoundException');
  });

  it('WeCom that cannot be reached, and WeCom that answers nonsense', async () => {
    for (const kind of ['reset', 'html', 'empty'] as const) {
      await forgetToken();
      stack.wecom.faults.add({ kind, on: 'gettoken' });
      expect(await findProblem()).toMatchObject({ check: 'gettoken', stop: true });
      stack.wecom.faults.clear();
    }
    await forgetToken();
  });

  it('departments that may not be read', async () => {
    stack.wecom.faults.add(48002, { on: 'department/list' });
    expect(await findProblem()).toMatchObject({ check: 'departments', errcode: 48002 });
  });

  it('functions that have another issuer than the stage', async () => {
    const { failed } = await doctor({ SESSION_ISSUER: 'https://signin.mycompany.cn' });
    expect(failed[0]).toMatchObject({
      check: 'discovery',
      what: { en: `The issuer is ${api}, not https://signin.mycompany.cn` },
      remedy: { en: expect.stringContaining('npm start'), zh: expect.stringContaining('部署') },
    });
    // Programs go to the issuer, which is elsewhere.
    expect(failed.map(({ check }) => check)).toEqual(['discovery', 'openid']);
  });

  it.each([
    [
      'an issuer on another host than the API',
      { issuer: 'https://elsewhere.mycompany.cn' },
      { check: 'openid', what: { en: expect.stringContaining('but the API is at') } },
    ],
    [
      'functions that run without the provider',
      { authorization_endpoint: undefined, token_endpoint: undefined },
      { check: 'openid', what: { en: expect.stringContaining('announces no authorization') } },
    ],
    [
      'an authorization endpoint that redirects whoever asks',
      { redirects: true },
      { check: 'openid-authorize', what: { en: expect.stringContaining('303') } },
    ],
  ])('%s', async (_what, change, finding) => {
    const { redirects, ...wrong } = { redirects: false, ...change };
    const fake = await serve((request, response) => {
      const [path] = (request.url ?? '').split('?');
      const html = { 'content-type': 'text/html' };
      if (path === '/oauth2/authorize' && redirects) {
        response.writeHead(303, { location: 'https://evil.example/' }).end();
      } else if (path === '/oauth2/authorize') {
        response.writeHead(400, html).end('<!doctype html>');
      } else if (path === '/oauth2/token') {
        response.writeHead(401).end('{"error":"invalid_client"}');
      } else if (path === '/oauth2/userinfo') {
        response.writeHead(401).end();
      } else {
        response.end(
          JSON.stringify({
            issuer: fake.url,
            authorization_endpoint: `${fake.url}/oauth2/authorize`,
            token_endpoint: `${fake.url}/oauth2/token`,
            jwks_uri: `${fake.url}/.well-known/jwks.json`,
            ...wrong,
          }),
        );
      }
    });
    const sessionIssuer = 'issuer' in wrong ? wrong.issuer : fake.url;
    const parameters = { openidProvider: 'true', sessionIssuer };
    const target = openTarget({ stage: 'local', api: fake.url }, process.env);
    const findings = await checkOpenid({ ...target, parameters });
    expect(findings.filter(({ outcome }) => outcome === 'failed')).toMatchObject([finding]);
  });

  it('nothing of a provider that the stage does without', async () => {
    const target = openTarget({ stage: 'local', api }, process.env);
    const findings = await checkOpenid({ ...target, parameters: { openidProvider: false } });
    expect(findings).toMatchObject([{ check: 'openid', outcome: 'unknown' }]);
  });

  it('a clock that is off, before it writes its times beside those of the functions', async () => {
    const { failed, checks } = await doctor({}, () => Date.now() - 10 * 60_000);
    expect(checks.at(-1)).toBe('clock');
    expect(gettokens()).toBe(0);
    expect(failed).toMatchObject([
      { check: 'clock', what: { en: expect.stringMatching(/(599|600) s/) } },
    ]);
  });

  it('a stack that does not run, and a stage that is wrong', async () => {
    const target = openTarget({ stage: 'local', api: 'http://127.0.0.1:1' }, process.env);
    const findings: Finding[] = [];
    for await (const each of runChecks(target, readLog, Date.now)) findings.push(each);
    expect(findings.at(-1)).toMatchObject({
      check: 'stack',
      remedy: { en: expect.stringContaining('npm start') },
    });
    expect(await findProblem({ REQUIRE_STATE: 'maybe' })).toMatchObject({
      check: 'stage',
      remedy: { en: expect.stringContaining('npm run setup') },
    });
  });
});

describe('npm run doctor', () => {
  function run(args: string[], environment: NodeJS.ProcessEnv = {}) {
    return new Promise<{ exitCode: number; out: string; err: string }>((resolve) => {
      execFile(
        process.execPath,
        ['commands/doctor.ts', ...args],
        { env: { ...process.env, LANG: 'en_US.UTF-8', LC_ALL: '', ...environment } },
        (error, out, err) => resolve({ exitCode: Number(error?.code ?? 0), out, err }),
      );
    });
  }

  it('shows a line for each check, and ends with 0', async () => {
    const { exitCode, out } = await run(['--api', api]);
    expect(out).toContain('✓ gettoken');
    expect(out).toContain('Healthy.');
    expect(exitCode).toBe(0);
  });

  it("says what to do in the reader's language, and ends with 1", async () => {
    stack.wecom.administrator.updateApp(AGENT, { trusted_ips: ['203.0.113.9'] });
    const english = await run(['--api', api]);
    const chinese = await run(['--api', api], { LANG: 'zh_CN.UTF-8' });
    stack.wecom.administrator.updateApp(AGENT, { trusted_ips: undefined } as never);
    expect(english).toMatchObject({ exitCode: 1, err: '' });
    expect(english.out).toMatch(/✗ address .*60020\)\n {4}→ Add 127\.0\.0\.1/);
    expect(english.out).toContain('Fix this first');
    expect(chinese.out).toMatch(/✗ address .*60020）\n {4}→ 在管理后台/);
    expect(chinese.out).toContain('请先处理此问题');
  });

  it('is readable by programs', async () => {
    const { exitCode, out } = await run(['--api', api, '--json']);
    expect(JSON.parse(out)).toMatchObject({ stage: 'local', healthy: true });
    expect(JSON.parse(out).findings).toHaveLength(32);
    expect(exitCode).toBe(0);
  });

  it('shows no secret', async () => {
    const { out } = await run(['--api', api, '--json']);
    const { token, encodingAESKey } = FIXTURE_KEYS.app;
    for (const hidden of [(await secret()) ?? '-', token, encodingAESKey]) {
      expect(out).not.toContain(hidden);
    }
  });

  it('refuses --api without a scheme, with what it has to be', async () => {
    const { exitCode, out, err } = await run(['--api', 'example.com']);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain('--api must be the address of the API with its scheme');
  });

  it.each<readonly [address: string, origin: string | undefined]>([
    ['https://signin.mycompany.cn', 'https://signin.mycompany.cn'],
    ['https://signin.mycompany.cn:443/', 'https://signin.mycompany.cn'],
    ['HTTPS://Signin.mycompany.cn', 'https://signin.mycompany.cn'],
    ['https://登录.mycompany.cn', 'https://xn--w2t382c.mycompany.cn'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ...[
      'example.com:443',
      'localhost:3000',
      '//example.com',
      'ftp://example.com',
      'https://example.com/prod',
      'https://example.com//',
      'https://example.com\\prod',
      'https://example.com/?a=b',
      'https://example.com/#a',
      'https://zhangsan:secret@example.com',
      'https://exam ple.com',
      ' https://example.com',
      'https://',
      'https:example.com',
      'https://example.com:99999',
      '',
    ].map((address) => [address, undefined] as const),
  ])('reads --api %j as %j', (address, origin) => {
    expect(readApiAddress(address)).toBe(origin);
  });

  it('takes --api with a slash at its end', async () => {
    const { exitCode, out } = await run(['--api', `${api}/`]);
    expect(out).toContain(`✓ api                    ${api}\n`);
    expect(exitCode).toBe(0);
  });

  it('says what it did not understand', async () => {
    expect(await run(['--stage', 'nowhere'])).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('local, prod'),
    });
    expect(await run(['--stag', 'x'])).toMatchObject({ exitCode: 2 });
    expect(await run(['--help'])).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('--json'),
    });
  });
});

describe('the doctor on a deployed stage', () => {
  let aws: Aws;

  beforeAll(async () => {
    aws = await startAws();
    for (const service of ['CLOUDFORMATION', 'STS']) {
      vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, aws.url);
    }
  });
  afterAll(() => aws.close());

  async function deployed() {
    const target = openTarget({ stage: 'prod', region: 'local' }, process.env);
    const found = await checkStack(target, async () => []);
    return { target, found };
  }

  it('says that AWS cannot be reached', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', 'http://sts.invalid');
    const { found } = await deployed();
    vi.stubEnv('AWS_ENDPOINT_URL_STS', aws.url);
    expect(found).toMatchObject([
      {
        check: 'account',
        stop: true,
        remedy: { en: expect.stringContaining('Check the network') },
      },
    ]);
    expect(found[0]?.what.en).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  it('mentions each time that verify is open to anyone, which is no failure', async () => {
    const target = openTarget({ stage: 'prod', region: 'local' }, process.env);
    const open = {
      ...target.parameters,
      corpId: 'ww0a1b2c3d4e5f6a7b',
      agentId: '1000002',
      region: 'ap-southeast-1',
      redirectUris: 'https://portal.mycompany.cn/',
      corsOrigins: ['https://portal.mycompany.cn'],
      verifyAccess: 'open',
    };
    const refused = await checkStageFile({ ...target, parameters: open });
    expect(refused).toMatchObject([{ check: 'stage', outcome: 'failed' }]);
    const parameters = { ...open, verifyOpenToAnyone: true };
    expect(await checkStageFile({ ...target, parameters })).toMatchObject([
      { check: 'stage', outcome: 'ok' },
      { check: 'verify-access', outcome: 'warning' },
    ]);
  });

  it('says that AWS does not know you', async () => {
    aws.refusal = { code: 'ExpiredToken', message: 'no' };
    const { found } = await deployed();
    aws.refusal = undefined;
    expect(found).toMatchObject([
      {
        check: 'account',
        outcome: 'failed',
        stop: true,
        what: { en: expect.stringContaining('ExpiredToken') },
      },
    ]);
  });

  it('says that nothing is deployed', async () => {
    const { found, target } = await deployed();
    expect(found).toMatchObject([
      { check: 'account', outcome: 'ok' },
      {
        check: 'stack',
        outcome: 'failed',
        what: { en: 'There is no stack wecom-auth-prod in local' },
        remedy: { en: expect.stringContaining('npm run deploy -- --stage prod') },
      },
    ]);
    expect(target.apiUrl).toBeUndefined();
  });

  it("learns from the stack's outputs where the API is", async () => {
    aws.outputs = { ApiUrl: 'https://abc.execute-api.example', EgressIp: '203.0.113.9' };
    const { found, target } = await deployed();
    expect(found.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
    expect(target.apiUrl).toBe('https://abc.execute-api.example');
  });

  it('does not deploy tables anew because it cannot reach them', async () => {
    const { target } = await deployed();
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', 'http://127.0.0.1:1');
    const findings = await checkTables(target);
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', stack.environment['AWS_ENDPOINT_URL_DYNAMODB']);
    for (const { what, remedy } of findings) {
      expect(what.en).toContain('ECONNREFUSED');
      expect(remedy?.en).toContain('AWS cannot be reached from this machine');
    }
    expect(findings).toHaveLength(2);
  });

  it('does not take its own address for that of the functions', async () => {
    stack.wecom.administrator.updateApp(AGENT, { trusted_ips: ['203.0.113.9'] });
    vi.stubEnv('WECOM_API_BASE_URL', stack.wecom.url);
    const local = openTarget({ stage: 'local', api }, process.env);
    const value = (await secret()) ?? '';
    const findings = await checkWecom({ ...local, local: false }, { value, revision: '' });
    stack.wecom.administrator.updateApp(AGENT, { trusted_ips: undefined } as never);
    expect(findings).toMatchObject([
      { check: 'gettoken', outcome: 'ok' },
      { check: 'address', outcome: 'unknown', what: { en: expect.stringContaining('127.0.0.1') } },
    ]);
  });
});

describe("the functions' log", () => {
  it('is read from CloudWatch to its last page, also after an empty one', async () => {
    const pages = [
      { events: [{ message: 'START' }], nextToken: '1' },
      { events: [], nextToken: '2' },
      { events: [{ message: '{"function":"verify","requestId":"1"}' }] },
    ];
    const queries: Record<string, unknown>[] = [];
    const logs = await serve(async (request, response) => {
      queries.push(JSON.parse(await text(request)));
      response.end(JSON.stringify(pages[queries.length - 1]));
    });
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', logs.url);
    const target = openTarget({ stage: 'prod', region: 'local' }, process.env);
    const query = { functionName: 'verify', pattern: '"1"', wanted: () => true };
    expect(await functionLog(target, process.env)(query)).toEqual([
      { function: 'verify', requestId: '1' },
    ]);
    expect(queries[2]).toMatchObject({
      logGroupName: '/aws/lambda/wecom-auth-prod-verify',
      filterPattern: '"1"',
      nextToken: '2',
    });
  });

  it.each([
    ['AccessDeniedException', undefined],
    ['ResourceNotFoundException', []],
  ])('that CloudWatch refuses: %s', async (type, lines) => {
    const logs = await serve((_request, response) => {
      response.writeHead(400).end(JSON.stringify({ __type: type, message: 'no' }));
    });
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', logs.url);
    const target = openTarget({ stage: 'prod', region: 'local' }, process.env);
    const query = { functionName: 'verify', pattern: '"1"', wanted: () => true };
    const read = functionLog(target, process.env)(query);
    if (lines) expect(await read).toEqual(lines);
    else await expect(read).rejects.toMatchObject({ name: 'LogUnreadable', reason: type });
  });

  it('is read line by line, whatever stands before the JSON', () => {
    const printed = [
      'START RequestId: 1 Version: $LATEST',
      '2026-11-23 08:00:00.000\t{"level":"INFO","requestId":"1"}',
      '{"level":"ERROR","requestId":"2"}',
      'REPORT {not json}',
      'null',
    ].join('\n');
    expect(linesOf(printed)).toEqual([
      { level: 'INFO', requestId: '1' },
      { level: 'ERROR', requestId: '2' },
    ]);
  });
});

const remove = async (name: string) => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SSMClient({ endpoint: stack.ssm.url, region: 'local', credentials });
  await client.send(new DeleteParameterCommand({ Name: name }));
  client.destroy();
};

function callbackKeys(channel: 'app' | 'contacts' = 'contacts'): string {
  const { token, encodingAESKey } = FIXTURE_KEYS[channel];
  return JSON.stringify({ token, encodingAesKey: encodingAESKey });
}

async function secret() {
  return stack.wecom.company.apps.find(({ agentid }) => agentid === AGENT)?.secret;
}
