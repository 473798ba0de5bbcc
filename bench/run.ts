import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { STATIC_BYTES } from '../tests/harness/bundles/budgets.ts';
import { bundle } from '../tests/harness/bundles/bundle.ts';
import { compositionOf } from '../tests/harness/bundles/composition.ts';
import { startEdge } from '../tests/harness/edge/edge.ts';
import {
  openidAuthorizeEvent,
  openidTokenEvent,
  signInEvent,
  verifyEvent,
} from '../tests/harness/lambda/events.ts';
import type { Contestant } from '../tests/harness/lambda/instance.ts';
import { wire } from '../tests/harness/lambda/wire.ts';
import { cold } from './cases/cold.ts';
import { warm } from './cases/warm.ts';
import { createCertificate } from './certificate.ts';
import {
  coldCpu,
  compare,
  cpu,
  firstAnswer,
  init,
  memory,
  p50,
  p99,
} from './measure/comparison.ts';
import { comparisonTable, type FunctionSize, loadNow, report } from './measure/report.ts';
import { type PackagedFunction, packageFunctions } from './package.ts';

/*
 * npm run bench             everything; writes bench/results.md and tests/harness/bundles/recorded.json
 * npm run bench -- --quick  fewer repetitions, and writes nothing
 */

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const coldRepetitions = values.quick ? 8 : 40;
const warmRepetitions = values.quick ? 5 : 20;
/** WeCom's response time: long enough to tell parallel calls from sequential ones. */
const LATENCY_MS = 5;

const directory = mkdtempSync(join(tmpdir(), 'wecom-auth-bench-'));
const work = '.local/bench';
const edge = await startEdge(LATENCY_MS, createCertificate(directory));
try {
  const load = loadNow();
  const packaged = packageFunctions(directory);
  const [verify, getUserInfo] = [ours('verify'), ours('getUserInfo')];
  const [openid, openidToken] = [ours('openid'), ours('openidToken')];
  const environment = { ...verify.environment, WECOM_APP_SECRET: 'fixed', ...edge.environment };
  // Peers get the same options, including the alias for credentials, to be fair.
  const peer = async (name: string, source: string, options: object = {}) =>
    (await bundle(source, `${work}/${name}`, options)).file;
  const plain = {
    format: 'cjs',
    splitting: false,
    plugins: [],
    alias: {},
    outExtension: { '.js': '.cjs' },
  } as const;
  const files = {
    floor: await peer('floor', 'bench/peers/dynamoDbOnly.ts'),
    bareVerify: await peer('bareVerify', 'bench/peers/bareVerify.ts'),
    bareSignIn: await peer('bareSignIn', 'bench/peers/bareSignIn.ts'),
    express: await peer('express', 'bench/peers/express.mjs'),
    plainExpress: await peer('plainExpress', 'bench/peers/express.mjs', plain),
  };
  const asking = (name: string, file: string): Contestant => ({
    name,
    file,
    environment,
    event: () => verifyEvent,
  });
  const signingIn = (name: string, file: string): Contestant => ({
    name,
    file,
    environment,
    // A new member each time, so that each sign-in writes a membership.
    event: (number) => signInEvent(`user${number}`),
  });

  console.log('On the wire …');
  const onTheWire = await wire(
    edge,
    signingIn('getUserInfo', getUserInfo.file),
    asking('verify', verify.file),
  );

  console.log(`Cold, ${coldRepetitions} fresh processes each …`);
  const [v = [], vExpress = [], vPlain = [], vFloor = [], vBare = []] = await cold(
    [
      asking('verify', verify.file),
      asking('Express', files.express),
      asking('Express, plain', files.plainExpress),
      asking('floor', files.floor),
      asking('bare', files.bareVerify),
    ],
    coldRepetitions,
  );
  const [s = [], sExpress = [], sPlain = [], sBare = []] = await cold(
    [
      signingIn('getUserInfo', getUserInfo.file),
      signingIn('Express', files.express),
      signingIn('Express, plain', files.plainExpress),
      signingIn('bare', files.bareSignIn),
    ],
    coldRepetitions,
  );

  const opening = (name: string, file: string, event: APIGatewayProxyEventV2): Contestant => ({
    name,
    file,
    environment,
    event: () => event,
  });
  const [oa = [], ot = [], oExpress = []] = await cold(
    [
      opening('openid', openid.file, openidAuthorizeEvent),
      opening('openidToken', openidToken.file, openidTokenEvent),
      signingIn('Express', files.express),
    ],
    coldRepetitions,
  );

  console.log(`Warm, ${warmRepetitions} turns of 100 requests each …`);
  const [wv = [], wvExpress = [], wvBare = []] = await warm(
    [asking('verify', verify.file), asking('Express', files.express), asking('bare', files.floor)],
    warmRepetitions,
  );
  const [ws = [], wsExpress = [], wsBare = []] = await warm(
    [
      signingIn('getUserInfo', getUserInfo.file),
      signingIn('Express', files.express),
      signingIn('bare', files.bareSignIn),
    ],
    warmRepetitions,
  );

  const floor = 'DynamoDB client alone';
  const coldVerify = 'cold verify';
  const coldSignIn = 'cold sign-in';
  const comparisons = [
    compare(coldVerify, firstAnswer, v, 'Express', vExpress, 0.6),
    compare(coldVerify, firstAnswer, v, 'Express, plain', vPlain),
    compare(coldVerify, firstAnswer, v, floor, vFloor, 1.1),
    compare(coldVerify, firstAnswer, v, 'its bare calls', vBare),
    compare(coldVerify, init, v, 'Express', vExpress),
    compare(coldVerify, init, v, floor, vFloor),
    compare(coldVerify, coldCpu, v, 'Express', vExpress),
    compare(coldVerify, coldCpu, v, floor, vFloor),
    compare(coldVerify, coldCpu, v, 'its bare calls', vBare),
    compare(coldVerify, memory, v, 'Express', vExpress),
    compare(coldSignIn, firstAnswer, s, 'Express', sExpress, 0.62),
    compare(coldSignIn, firstAnswer, s, 'Express, plain', sPlain),
    compare(coldSignIn, firstAnswer, s, 'its bare calls', sBare),
    compare(coldSignIn, init, s, 'Express', sExpress),
    compare(coldSignIn, coldCpu, s, 'Express', sExpress),
    compare(coldSignIn, coldCpu, s, 'its bare calls', sBare),
    compare(coldSignIn, memory, s, 'Express', sExpress),
    compare('cold /oauth2/authorize', firstAnswer, oa, "Express's sign-in", oExpress, 1.25),
    compare('cold /oauth2/authorize', init, oa, "Express's sign-in", oExpress),
    compare('cold /oauth2/authorize', memory, oa, "Express's sign-in", oExpress),
    compare('cold /oauth2/token', firstAnswer, ot, "Express's sign-in", oExpress, 1.25),
    compare('cold /oauth2/token', init, ot, "Express's sign-in", oExpress),
    compare('warm verify', cpu, wv, 'one SDK query', wvBare, 1.15),
    compare('warm verify', p50, wv, 'Express', wvExpress),
    compare('warm verify', p99, wv, 'Express', wvExpress),
    compare('warm sign-in', cpu, ws, 'its bare calls', wsBare, 1.15),
    compare('warm sign-in', p50, ws, 'Express', wsExpress),
    compare('warm sign-in', p99, ws, 'Express', wsExpress),
  ];

  const sizes: FunctionSize[] = [];
  for (const { name, zipBytes } of Object.values(packaged)) {
    const composition = compositionOf(
      await bundle(`functions/${name}.ts`, `${work}/composition/${name}`),
    );
    sizes.push({
      ...composition,
      name,
      zipBytes,
      budget: (STATIC_BYTES as Record<string, number>)[name],
    });
  }

  console.log(`\n${comparisonTable(comparisons)}`);
  const text = report({
    command: `npm run bench${values.quick ? ' -- --quick' : ''}`,
    coldRepetitions,
    warmRepetitions,
    latencyMs: LATENCY_MS,
    comparisons,
    sizes,
    wire: onTheWire,
    load: [load, loadNow()],
  });
  if (!values.quick) {
    writeFileSync('bench/results.md', text);
    const recorded = Object.fromEntries(sizes.map(({ name, packages }) => [name, packages]));
    writeFileSync('tests/harness/bundles/recorded.json', `${JSON.stringify(recorded, null, 2)}\n`);
  }
  mkdirSync(work, { recursive: true });
  writeFileSync(`${work}/last.md`, text);
  console.log(`\nThe whole report is in ${values.quick ? `${work}/last.md` : 'bench/results.md'}`);

  function ours(name: string): PackagedFunction {
    const found = packaged[name];
    if (found === undefined) throw new Error(`serverless.yml has no function ${name}`);
    return found;
  }
} finally {
  await edge.close();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
  rmSync(directory, { recursive: true });
}
