import { readFileSync, writeFileSync } from 'node:fs';
import type { Plan } from './plan.ts';
import { playSituations, type Situations } from './situations.ts';
import { measureSpeed, type Speed } from './speed.ts';

/** What one run found. */
export interface Results {
  readonly speeds: readonly Speed[];
  readonly situations: Situations;
}

/* Run by run.ts in a network of its own, where WeCom's hosts are this machine. */
const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Plan;
const speeds: Speed[] = [];
for (const instances of [1, 4]) {
  console.error(`Sign-ins, ${instances === 1 ? 'one instance' : `${instances} instances`} …`);
  speeds.push(...(await measureSpeed(plan, instances)));
}
const situations = await playSituations(plan);
const results: Results = { speeds, situations };
writeFileSync(plan.results, JSON.stringify(results));
process.exit();
