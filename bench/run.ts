import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
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
import { budgetsOf } from './cases/budgets.ts';
import { cold } from './cases/cold.ts';
import { warm } from './cases/warm.ts';
import { createCertificate } from './certificate.ts';
import { keepBudgets } from './measure/budget.ts';
import {
  type Comparison,
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
import { type PackagedFunction, packageFunctions, removePackages } from './package.ts';

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
  const [verify, getUserInfo] = [packagedAs('verify'), packagedAs('getUserInfo')];
  const [openid, openidToken] = [packagedAs('openid'), packagedAs('openidToken')];
  const environment = { ...verify.environment, WECOM_APP_SECRET: 'fixed', ...edge.environment };
  // Bundled by the same options, including the alias for credentials.
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
  const verifying = (name: string, file: string): Contestant => ({
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
    verifying('verify', verify.file),
  );

  const comparisons: Comparison[] = [];

  console.log(`Cold, ${coldRepetitions} fresh processes each …`);
  {
    const [ours = [], express = [], plainExpress = [], floor = [], bare = []] = await cold(
      [
        verifying('verify', verify.file),
        verifying('Express', files.express),
        verifying('Express, plain', files.plainExpress),
        verifying('floor', files.floor),
        verifying('bare', files.bareVerify),
      ],
      coldRepetitions,
    );
    const what = 'cold verify';
    const alone = 'DynamoDB client alone';
    comparisons.push(
      compare(what, firstAnswer, ours, 'Express', express, 0.6),
      compare(what, firstAnswer, ours, 'Express, plain', plainExpress),
      compare(what, firstAnswer, ours, alone, floor, 1.1),
      compare(what, firstAnswer, ours, 'its bare calls', bare),
      compare(what, init, ours, 'Express', express),
      compare(what, init, ours, alone, floor),
      compare(what, coldCpu, ours, 'Express', express),
      compare(what, coldCpu, ours, alone, floor),
      compare(what, coldCpu, ours, 'its bare calls', bare),
      compare(what, memory, ours, 'Express', express),
    );
  }
  {
    const [ours = [], express = [], plainExpress = [], bare = []] = await cold(
      [
        signingIn('getUserInfo', getUserInfo.file),
        signingIn('Express', files.express),
        signingIn('Express, plain', files.plainExpress),
        signingIn('bare', files.bareSignIn),
      ],
      coldRepetitions,
    );
    const what = 'cold sign-in';
    comparisons.push(
      compare(what, firstAnswer, ours, 'Express', express, 0.62),
      compare(what, firstAnswer, ours, 'Express, plain', plainExpress),
      compare(what, firstAnswer, ours, 'its bare calls', bare),
      compare(what, init, ours, 'Express', express),
      compare(what, coldCpu, ours, 'Express', express),
      compare(what, coldCpu, ours, 'its bare calls', bare),
      compare(what, memory, ours, 'Express', express),
    );
  }
  {
    const sending = (name: string, file: string, event: APIGatewayProxyEventV2): Contestant => ({
      name,
      file,
      environment,
      event: () => event,
    });
    const [authorize = [], token = [], express = []] = await cold(
      [
        sending('openid', openid.file, openidAuthorizeEvent),
        sending('openidToken', openidToken.file, openidTokenEvent),
        signingIn('Express', files.express),
      ],
      coldRepetitions,
    );
    const against = "Express's sign-in";
    comparisons.push(
      compare('cold /oauth2/authorize', firstAnswer, authorize, against, express, 1.25),
      compare('cold /oauth2/authorize', init, authorize, against, express),
      compare('cold /oauth2/authorize', memory, authorize, against, express),
      compare('cold /oauth2/token', firstAnswer, token, against, express, 1.25),
      compare('cold /oauth2/token', init, token, against, express),
    );
  }

  console.log(`Warm, ${warmRepetitions} turns of 100 requests each …`);
  {
    const [ours = [], express = [], bare = []] = await warm(
      [
        verifying('verify', verify.file),
        verifying('Express', files.express),
        verifying('bare', files.floor),
      ],
      warmRepetitions,
    );
    comparisons.push(
      compare('warm verify', cpu, ours, 'one SDK query', bare, 1.15),
      compare('warm verify', p50, ours, 'Express', express),
      compare('warm verify', p99, ours, 'Express', express),
    );
  }
  {
    const [ours = [], express = [], bare = []] = await warm(
      [
        signingIn('getUserInfo', getUserInfo.file),
        signingIn('Express', files.express),
        signingIn('bare', files.bareSignIn),
      ],
      warmRepetitions,
    );
    comparisons.push(
      compare('warm sign-in', cpu, ours, 'its bare calls', bare, 1.15),
      compare('warm sign-in', p50, ours, 'Express', express),
      compare('warm sign-in', p99, ours, 'Express', express),
    );
  }

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

  keepBudgets('run', budgetsOf(comparisons, sizes, onTheWire.cases));
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

  function packagedAs(name: string): PackagedFunction {
    const found = packaged[name];
    if (found === undefined) throw new Error(`serverless.yml has no function ${name}`);
    return found;
  }
} finally {
  await edge.close();
  removePackages(directory);
}
