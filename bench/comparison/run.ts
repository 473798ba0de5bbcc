import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { missingNamespaces, runAlone } from '../../tests/wecomClients/network.ts';
import { loadNow } from '../measure/report.ts';
import { BACK_ENDS } from './backEnds.ts';
import { partsOf, type Run, type Skipped, writeDocuments } from './document.ts';
import type { Results } from './inside.ts';
import type { Plan, PlannedBackEnd } from './plan.ts';

/*
 * Compares this project with other back ends for sign-in: the same members, the same order, the same
 * emulator. Writes the tables of docs/comparison.md and docs/zh-CN/comparison.md.
 *
 *   npm run bench:comparison             needs Linux with unshare, npm's registry, Java and Maven
 *   npm run bench:comparison -- --quick  fewer sign-ins, and writes nothing
 */

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const unable = missingNamespaces();
if (unable) {
  console.log(`Skipped: ${unable}`);
  process.exit(0);
}

const skipped: Skipped[] = [];
const backEnds: PlannedBackEnd[] = [];
for (const { name, version, missing, plan } of BACK_ENDS) {
  const reason = missing?.();
  if (reason) {
    skipped.push({ name, version, reason });
    continue;
  }
  console.error(`${name.en} ${version}: installing …`);
  try {
    backEnds.push({ name, version, ...(await plan()) });
  } catch (error) {
    console.error(error);
    skipped.push({ name, version, reason: 'its packages could not be installed' });
  }
}

const directory = mkdtempSync(join(tmpdir(), 'comparison-'));
try {
  const file = (name: string) => join(directory, name);
  const plan: Plan = {
    directory,
    authority: file('ca'),
    backEnds,
    isQuick: values.quick,
    results: file('results'),
  };
  writeFileSync(file('plan'), JSON.stringify(plan));
  const loadBefore = loadNow();
  const inside = resolve(import.meta.dirname, 'inside.ts');
  const code = await runAlone(file('hosts'), process.execPath, [inside, file('plan')]);
  if (code !== 0) throw new Error(`the comparison ended with ${code}`);
  const results = JSON.parse(readFileSync(plan.results, 'utf8')) as Results;
  const run: Run = { ...results, backEnds, skipped, load: [loadBefore, loadNow()] };
  mkdirSync('.local/comparison', { recursive: true });
  writeFileSync('.local/comparison/last.json', JSON.stringify(run, undefined, 2));
  console.log(Object.values(partsOf(run, 'en')).join('\n\n'));
  if (!values.quick) writeDocuments(run);
} finally {
  rmSync(directory, { recursive: true });
}
