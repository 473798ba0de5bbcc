import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { startWecom } from '../../packages/emulator/source/server.ts';
import { serveApi } from './api.ts';
import {
  addressesOf,
  checkRemoved,
  checkStage,
  differences,
  type Expected,
  ofStage,
} from './checks.ts';
import type { Inventory } from './inventory.ts';
import { installRuntime, missingRuntime } from './lambda.ts';
import { type Added, installMoto, type Moto, missingMoto, startMoto } from './moto.ts';
import { Results } from './results.ts';
import { get, signIn, verify } from './signIn.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

const HELP = `Usage: npm run deploy:stand-in [-- --json <file>]

Deploys a stage to moto, which stands in for an AWS account in China: creates it, changes it, moves it
from public to fixed and back, and removes it, by the commands that an operator runs. Then it signs a
member in by the deployed packages, in AWS's own runtime for Lambda, with the WeCom emulator. It prints
what AWS's own client found after each step, and what moto lacks. --json writes the checks into a file.

It needs Python 3 and PyPI, and for the sign-in Go, a C++ compiler and cmake. Where these are missing it
says so. What it installs is in artifacts/deployment. The exit code is 1 if a check failed.`;

const { values } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' }, json: { type: 'string' } },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const REGION = 'cn-north-1';
const USERID = 'user123';
const PERMISSION = 'report:read';

const PROD: Expected = {
  stage: 'prod',
  region: REGION,
  domainName: 'signin.mycompany.cn',
  alarmEmail: 'operator@mycompany.cn',
  egress: 'public',
  requireState: false,
  logRetentionDays: 30,
  throttleRate: 100,
  sessionSeconds: 3600,
};
const SECOND: Expected = { ...PROD, stage: 'second', domainName: 'second.mycompany.cn' };

/** The longest that all of it may take. */
const LONGEST_MS = 45 * 60_000;

const results = new Results();

async function trial(moto: Moto, workspace: Workspace, secret: string): Promise<void> {
  const look = (stage: Expected) => moto.inventory(REGION, `wecom-auth-${stage.stage}`);
  const deploy = async (expected: Expected) => {
    workspace.setStage(expected.stage, parametersOf(expected));
    succeed(await workspace.npm('deploy', ['--stage', expected.stage]));
    return look(expected);
  };
  await results.step('create prod, public', async () => {
    checkStage(results, await deploy(PROD), PROD);
  });
  // Nothing below could hold.
  if ((await look(PROD)).stack === null) return;

  await results.step('setup', () => setUp(workspace, secret));
  if (noRuntime) results.skip('sign in', noRuntime);
  else {
    await results.step('sign in, in Lambda’s runtime', async () => {
      await trySignIn(moto, workspace, await look(PROD));
    });
  }

  const changed: Expected = {
    ...PROD,
    requireState: true,
    logRetentionDays: 90,
    throttleRate: 50,
    sessionSeconds: 7200,
  };
  await results.step('change prod', async () => {
    const before = await look(PROD);
    const after = await deploy(changed);
    checkStage(results, after, changed);
    results.none('nothing else changed', unexpected(before, after));
  });

  await results.step('create a second stage', async () => {
    const before = await look(changed);
    checkStage(results, await deploy(SECOND), SECOND);
    const after = await look(changed);
    results.none('prod is as it was', differences(ofStage(before, PROD), ofStage(after, PROD)));
  });

  const fixed: Expected = { ...changed, egress: 'fixed' };
  await results.step('prod from public to fixed', async () => {
    checkStage(results, await deploy(fixed), fixed);
  });
  await results.step('prod from fixed to public', async () => {
    const [address] = addressesOf(await look(fixed), fixed);
    const after = await deploy(changed);
    checkStage(results, after, changed);
    results.equal(
      'the address is kept, for WeCom’s list',
      addressesOf(after, changed).map(({ PublicIp }) => PublicIp),
      [address?.PublicIp],
    );
  });

  await results.step('remove prod', async () => {
    succeed(await workspace.serverless(['remove', '--stage', 'prod']));
    const after = await look(changed);
    checkRemoved(results, after, changed);
    results.equal('its address is kept', addressesOf(after, changed).length, 1);
    const items = (after.tables['wecom-auth-prod-permissions']?.ItemCount ?? 0) > 0;
    results.equal('what the permission table held is kept', items, !noRuntime);
    checkStage(results, await look(SECOND), SECOND);
  });
  await results.step('remove the second stage', async () => {
    succeed(await workspace.serverless(['remove', '--stage', SECOND.stage]));
    checkRemoved(results, await look(SECOND), SECOND);
  });
}

/** What an operator writes into the stage's file. */
function parametersOf(expected: Expected): object {
  const frontEnd = `https://${expected.domainName}`;
  return {
    region: expected.region,
    corpId: wecom.company.corpid,
    agentId: '1000002',
    redirectUris: `${frontEnd}/`,
    corsOrigins: [frontEnd],
    domainName: expected.domainName,
    certificateArn: `arn:aws-cn:acm:${expected.region}:123456789012:certificate/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f`,
    alarmEmail: expected.alarmEmail,
    egress: expected.egress,
    requireState: String(expected.requireState),
    logRetentionDays: expected.logRetentionDays,
    throttleRate: expected.throttleRate,
    sessionSeconds: expected.sessionSeconds,
    wecomApiBaseUrl: wecom.url,
    wecomOauthBaseUrl: wecom.url,
    wecomLoginBaseUrl: wecom.url,
  };
}

/** Puts the secret and the first session key into SSM. */
async function setUp(workspace: Workspace, secret: string): Promise<void> {
  const answers = [
    ['CorpID', ''],
    ['AgentId', ''],
    ['Redirect URIs', ''],
    ['WW_verify_', ''],
    ['alarms', ''],
    ['KMS key', ''],
    ['Secret of the app', secret],
    ['Set up 接收消息', 'n'],
    ['Set up 通讯录同步', 'n'],
  ] as const;
  const ended = await workspace.npm('setup', ['--stage', 'prod'], answers);
  succeed(ended);
  results.equal('the secret and a session key are written', written(ended.printed), [
    '/wecom-auth/prod/app-secret',
    '/wecom-auth/prod/session-keys',
  ]);
}

const written = (printed: string) =>
  [...printed.matchAll(/^ {2}written +(\/.*)$/gm)].map(([, name]) => name);

async function trySignIn(moto: Moto, workspace: Workspace, found: Inventory): Promise<void> {
  const api = await serveApi(moto, found, 'prod-wecom-auth', REGION);
  try {
    const frontEnd = {
      apiUrl: api.url,
      redirectUri: `https://${PROD.domainName}/`,
      userid: USERID,
    };
    const token = await signIn(results, frontEnd);
    const before = await verify(frontEnd, token, PERMISSION);
    results.equal(
      'verify refuses before the grant',
      [before.status, before.body.data],
      [200, { authorized: false }],
    );
    succeed(
      await workspace.npm('permissions', [
        ...['grant', `user:${USERID}`, PERMISSION, '--stage', 'prod'],
      ]),
    );
    const after = await verify(frontEnd, token, PERMISSION);
    results.equal(
      'verify allows after it',
      [after.status, after.body.data],
      [200, { authorized: true }],
    );
    const forged = await verify(frontEnd, `${token.slice(0, -8)}AAAAAAAA`, PERMISSION);
    results.equal('a forged session is refused', forged.status, 401);
    const keys = await get(`${api.url}/.well-known/jwks.json`);
    results.equal('jwks has the key', [keys.status, keys.body.keys?.length], [200, 1]);
    const discovery = await get(`${api.url}/.well-known/openid-configuration`);
    results.equal(
      'discovery has the issuer',
      [discovery.status, discovery.body.issuer],
      [200, `https://${PROD.domainName}`],
    );
    const provider = await get(`${api.url}/oauth2/authorize?client_id=unknown`);
    results.equal('the provider refuses an unknown client', provider.status, 400);
    await askDoctor(workspace, api.url);
  } finally {
    await api.close();
  }
}

/** The checks of the doctor that cannot end well here. The API is on this machine, not at its domain. */
const NOT_HERE = ['openid'];

async function askDoctor(workspace: Workspace, apiUrl: string): Promise<void> {
  const args = ['--stage', 'prod', '--api', apiUrl, '--json'];
  const { printed } = await workspace.npm('doctor', args);
  const report = JSON.parse(printed.slice(printed.indexOf('{'))) as {
    findings: { check: string; outcome: string; what: { en: string } }[];
  };
  results.none(
    `the doctor finds all well, but for lack of the domain: ${NOT_HERE.join(', ')}`,
    report.findings
      .filter(({ check, outcome }) => outcome === 'failed' && !NOT_HERE.includes(check))
      .map(({ check, what }) => `${check}: ${what.en}`),
  );
}

/** What a change of the stage's file may change, as paths of the inventory. */
const EXPECTED_CHANGES = [
  /^functions\/[^/]+\/Environment\/Variables\/(REQUIRE_STATE|SESSION_SECONDS)$/,
  // A deployment uploads every package anew.
  /^functions\/[^/]+\/(code|LastModified|CodeSha256|RevisionId)$/,
  /^logGroups\//,
  /^apis\/prod-wecom-auth\/stages\/0\/(DefaultRouteSettings\/ThrottlingRateLimit|CreatedDate|LastUpdatedDate)$/,
  // A function's version.
  /^stack\/(outputs\/\w+QualifiedArn|resources\/\w+LambdaVersion\w+)$/,
];

function unexpected(before: Inventory, after: Inventory): string[] {
  return differences(before, after).filter(
    (path) => !EXPECTED_CHANGES.some((pattern) => pattern.test(path)),
  );
}

function succeed({ exitCode, printed }: { exitCode: number | null; printed: string }): void {
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}:\n${printed.slice(-2_000)}`);
}

function writeJson(): void {
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results.all));
}

function print(added: readonly Added[]): void {
  writeJson();
  const table = new Table({
    head: ['Step', 'Check', 'Result'],
    colWidths: [24, 46, 50],
    wordWrap: true,
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  for (const { step, what, outcome, detail } of results.all) {
    table.push([step, what, detail ? `${outcome}: ${detail.slice(0, 1_500)}` : outcome]);
  }
  console.log(table.toString());
  console.log('Added to moto for this, because it lacks them:');
  for (const kind of new Set(added.map((each) => each.kind))) {
    const names = added.filter((each) => each.kind === kind).map(({ what }) => what);
    console.log(`  ${kind}: ${names.sort().join(', ')}`);
  }
  const count = (outcome: string) => results.all.filter((each) => each.outcome === outcome).length;
  console.log(`${count('held')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  process.exitCode = count('failed') > 0 ? 1 : 0;
}

const missing = missingMoto();
if (missing) {
  results.skip('deployment', missing);
  writeJson();
  console.log(`0 passed, 0 failed, 1 skipped: ${missing}`);
  process.exit(0);
}
const noRuntime = missingRuntime();
// Before the timer. What cannot be installed has failed.
await installMoto();
if (noRuntime === undefined) await installRuntime();

const timer = setTimeout(() => {
  console.error(`Not finished after ${LONGEST_MS / 60_000} minutes.`);
  process.exit(1);
}, LONGEST_MS);
timer.unref();

const wecom = await startWecom();
const app = wecom.company.apps.find(({ agentid }) => agentid === 1000002);
if (app === undefined) throw new Error('the emulated company has no main app');
// First, because agent/get has only one.
app.trusted_domains.unshift(PROD.domainName);
const moto = await startMoto();
const workspace = openWorkspace(moto.environment);
try {
  await trial(moto, workspace, app.secret);
  print(moto.added());
} finally {
  workspace.close();
  await moto.close();
  await wecom.close();
}
