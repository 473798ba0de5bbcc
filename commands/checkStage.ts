import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { problemsOf } from './deployment/problems.ts';
import { missingStage, otherRegion, readStage, stageFile } from './deployment/stageFile.ts';
import { optionTakenByNpm } from './npmOptions.ts';

/*
 * `npm run deploy` and `npm run package`: checks a stage, lists every problem, and runs Serverless
 * with the same arguments if there is none.
 *
 *   node commands/checkStage.ts <serverless command> --stage prod [--param name=value …]
 *   node commands/checkStage.ts --stage prod          only checks
 *   node commands/checkStage.ts region --stage prod   checks and prints the region
 */

const OPTIONS = {
  stage: { type: 'string', short: 's', default: 'local' },
  region: { type: 'string', short: 'r' },
  param: { type: 'string', multiple: true, default: [] as string[] },
} as const;

const taken = optionTakenByNpm(Object.keys(OPTIONS), process.argv.slice(2), process.env);
if (taken) {
  console.error(taken.en);
  process.exit(2);
}
const { values, positionals } = parseArgs({
  // The other options are Serverless's.
  strict: false,
  allowPositionals: true,
  options: OPTIONS,
});
const stage = String(values.stage);
const overrides = values.param as string[];
const [command] = positionals;

function check(): string[] {
  const missing = missingStage(stage);
  if (missing) return [missing.en];
  const parameters = readStage(stage, overrides) ?? {};
  const region = String(readStage(stage)?.['region']);
  for (const wanted of [values.region ?? region, parameters['region']]) {
    const other = otherRegion(stage, region, String(wanted));
    if (other) return [other.en];
  }
  if (command === 'deploy' && parameters['environment'] === 'local') {
    return ['this stage runs on this machine only. Name another stage with --stage'];
  }
  return problemsOf(stage, parameters);
}

const problems = check();
if (problems.length > 0) {
  console.error(`The stage ${stage} cannot be deployed:`);
  for (const problem of problems) console.error(`  ✗ ${problem}`);
  console.error(`Nothing was changed. Correct ${stageFile(stage)}, or run npm run setup.`);
  process.exitCode = 1;
} else if (command === undefined) {
  console.log(`✓ ${stageFile(stage)}`);
} else if (command === 'region') {
  console.log(readStage(stage)?.['region']);
} else {
  const serverless = ['node_modules/serverless/bin/serverless.js', ...process.argv.slice(2)];
  const env = { SOURCE_MAPS: 'artifacts/source-maps', ...process.env };
  const { status } = spawnSync(process.execPath, serverless, { stdio: 'inherit', env });
  process.exitCode = status ?? 1;
}
