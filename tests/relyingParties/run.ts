import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { missingChromium } from '../harness/chromium.ts';
import { freePort } from '../harness/freePorts.ts';
import { authJs, authJsWithMaxAge, authJsWithPrompt } from './authJs/program.ts';
import { authlib } from './authlib/program.ts';
import { startChromium } from './chromium.ts';
import { expressOpenidConnect } from './expressOpenidConnect/program.ts';
import { goOidc } from './goOidc/program.ts';
import { modAuthOpenidc } from './modAuthOpenidc/program.ts';
import {
  oauth2Proxy,
  oauth2ProxyWithDomain,
  oauth2ProxyWithMaxAge,
  oauth2ProxyWithPrompt,
  oauth2ProxyWithUserid,
} from './oauth2Proxy/program.ts';
import { oidcClientTs } from './oidcClientTs/program.ts';
import type { Running } from './program.ts';
import { startProvider } from './provider.ts';
import { springBoot } from './springBoot/program.ts';
import { type Result, startBeside, tryProgram } from './trial.ts';

const PROGRAMS = [
  authJs,
  authJsWithPrompt,
  authJsWithMaxAge,
  expressOpenidConnect,
  oidcClientTs,
  goOidc,
  oauth2Proxy,
  oauth2ProxyWithDomain,
  oauth2ProxyWithUserid,
  oauth2ProxyWithPrompt,
  oauth2ProxyWithMaxAge,
  authlib,
  springBoot,
  modAuthOpenidc,
];

const HELP = `Usage: npm run relying-parties [-- [--json <file>] <word> …]

Signs members of the emulated company in and out with real relying parties, and prints the results.
--json writes them into a file as well.
A word selects the programs with it in their name. Without one, all are tried:

${PROGRAMS.map(({ name }) => `  ${name}`).join('\n')}

A program that this machine cannot run is skipped. The exit code is 1 if a case failed.`;

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' }, json: { type: 'string' } },
  allowPositionals: true,
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const words = positionals.map((word) => word.toLowerCase());
const chosen = PROGRAMS.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word)),
);
if (chosen.length === 0) {
  console.error(HELP);
  process.exit(2);
}

if (missingChromium) {
  writeJson(
    chosen.map(({ name }) => ({
      ...{ program: name, version: '', case: '' },
      ...{ outcome: 'skipped', detail: missingChromium },
    })),
  );
  console.log(`0 passed, 0 failed, ${chosen.length} skipped: ${missingChromium}`);
  process.exit(0);
}

// Before the stack, because it ends with this process even if the stack does not start.
const chromium = await startChromium();
// Chosen before the stack starts, because the stack allows only listed origins.
const scriptPort = await freePort();
const provider = await startProvider([`http://127.0.0.1:${scriptPort}`]);
const results: Result[] = [];
let other: Promise<Running> | undefined;
try {
  const signOuts = {
    provider,
    chromium,
    other() {
      other ??= startBeside(expressOpenidConnect, 'another-application', provider);
      return other;
    },
  };
  const trial = { provider, chromium, subs: new Map<string, string>(), signOuts };
  for (const program of chosen) {
    console.error(`${program.name} …`);
    const port = program === oidcClientTs ? scriptPort : undefined;
    results.push(...(await tryProgram(program, trial, port)));
  }
} finally {
  await other?.then(
    ({ close }) => close(),
    () => undefined,
  );
  await chromium.close();
  await provider.close();
}

writeJson(results);
const table = new Table({
  head: ['Program', 'Version', 'Case', 'Result'],
  colWidths: [18, 22, 20, 58],
  wordWrap: true,
  style: { head: [], border: [] },
});
for (const { program, version, case: name, outcome, detail } of results) {
  table.push([program, version, name, `${outcome}: ${detail}`]);
}
console.log(table.toString());
const count = (outcome: Result['outcome']) =>
  results.filter((result) => result.outcome === outcome).length;
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exitCode = count('failed') > 0 ? 1 : 0;

function writeJson(all: readonly Result[]): void {
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(all));
}
