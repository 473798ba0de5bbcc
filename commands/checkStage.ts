import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { problemsOf } from './deployment/problems.ts';
import { missingStage, readStage, stageFile } from './deployment/stageFile.ts';

/*
 * `npm run deploy` and `npm run package`: checks the whole of a stage, with every problem listed, and
 * only then calls Serverless with the same arguments.
 *
 *   node commands/checkStage.ts <serverless command> --stage prod [--param name=value …]
 *   node commands/checkStage.ts --stage prod          checks and does no more
 *   node commands/checkStage.ts region --stage prod   checks and prints the region
 */

const { values, positionals } = parseArgs({
  // What is not ours is Serverless's own.
  strict: false,
  allowPositionals: true,
  options: {
    stage: { type: 'string', short: 's', default: 'local' },
    region: { type: 'string', short: 'r' },
    param: { type: 'string', multiple: true, default: [] },
  },
});
const stage = String(values.stage);
const overrides = values.param as string[];
const [command] = positionals;

function check(): string[] {
  const parameters = readStage(stage, overrides);
  if (parameters === undefined) return [missingStage(stage)?.en ?? ''];
  const problem = otherRegion(parameters['region']);
  if (problem) return [problem];
  if (command === 'deploy' && parameters['environment'] === 'local') {
    return ['this stage is for this machine: name another one with --stage'];
  }
  return problemsOf(stage, parameters);
}

/** The other commands look in the region of the stage's file: a deployment elsewhere is lost to them. */
function otherRegion(overridden: unknown): string | undefined {
  const region = readStage(stage)?.['region'];
  const wanted = [values.region ?? region, overridden].find((each) => each !== region);
  if (wanted === undefined) return undefined;
  return `region is ${region} in the stage's file and ${wanted} on the command line: only the file may say it`;
}

const problems = check();
if (problems.length > 0) {
  console.error(`The stage ${stage} cannot be deployed like this:`);
  for (const problem of problems) console.error(`  ✗ ${problem}`);
  console.error(`Nothing was done. Correct ${stageFile(stage)}, or let npm run setup do it.`);
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
