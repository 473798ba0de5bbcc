import { machine, table } from '../measure/report.ts';
import { quantile } from '../measure/spread.ts';
import { notAllowed, type Seen, type Verdict } from './checks.ts';
import type { Series } from './memory.ts';
import { MEMORY_RULE } from './memoryVerdicts.ts';
import type { Entry } from './record.ts';
import { PHASES, type Phase, type PhaseKind } from './schedule.ts';

interface Settings {
  readonly minutes: number;
  readonly rate: number;
  readonly seed: number;
  /** Of the code when the run began. */
  readonly revision: string;
  /** Of the machine (1 minute), before and after. */
  readonly load: readonly [number, number];
}

const MOST_LISTED = 30;

/** The figures as Markdown. */
export function report(seen: Seen, verdicts: readonly Verdict[], settings: Settings): string {
  const { world, changes, monitor, arrivals, audit } = seen;
  const { record } = world;
  const { minutes, rate, seed, revision, load } = settings;
  const good = verdicts.filter(({ isGood }) => isGood).length;
  const failed = verdicts.length - good;
  const { joins, renames, leaves, lostLeaves, updates } = changes.counts;
  const delivered = monitor.deliveries.filter(({ state }) => state === 'delivered');
  return `# ${minutes} minutes of load with faults

\`npm run bench:load -- --minutes ${minutes} --rate ${rate} --seed ${seed}\` at ${revision}, ${new Date().toISOString().slice(0, 10)}, on ${machine()}, Node ${process.versions.node}. Load of the machine before and after (1 minute): ${load.map((each) => each.toFixed(1)).join(' and ')}.

The stack of \`npm start\` and, at the same time, one instance each of \`authorize\`, \`getUserInfo\`, \`verify\`, \`jssdk\`, \`callback\` and \`openidToken\`, packaged as deployed, in processes of their own, on the same DynamoDB, SSM and WeCom. ${rate} operations begin each second, whatever became of the earlier ones (an open loop): ${arrivals.count} operations, ${record.entries.length} requests, ${monitor.calls} calls of WeCom. In WeCom ${joins} members join, ${renames} get another userid, ${leaves} leave, ${lostLeaves} leave while the pushes are lost, ${updates} change. WeCom has ${delivered.length} pushes acknowledged, at ${delivered.reduce((sum, { attempts }) => sum + attempts.length, 0)} attempts.

**${failed === 0 ? `All ${good} checks passed.` : `${failed} of ${verdicts.length} checks failed.`}**

${table(
  ['check', '', 'found'],
  verdicts.map(({ what, isGood, found }) => [what, isGood ? '✓' : '**failed**', found]),
)}
${problemList('Problems', [...record.problems, ...audit.problems])}${problemList('Answers that their phase does not allow', notAllowed(record).map(described))}
## By phase

${table(
  ['phase', 'seconds', 'what is wrong', 'requests', 'as without a fault', 'allowed errors'],
  kindsOf(record.phases).map((kind) => {
    const entries = record.entries.filter((entry) => phaseOf(entry, record.phases) === kind);
    const errors = entries.filter(({ isExpected }) => !isExpected);
    const seconds = record.phases
      .filter((phase) => phase.kind === kind)
      .reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
    return [
      kind,
      (seconds / 1_000).toFixed(0),
      PHASES[kind],
      String(entries.length),
      String(entries.length - errors.length),
      counted(errors.map((entry) => entry.kind)) || '–',
    ];
  }),
)}

A request counts for the phase in which it began; a phase includes its recovery. ${world.people.refusedUnknown} times \`verify\` refused a member of whom nothing was stored while WeCom could not be asked, or within a minute after that, as docs/permissions.md says.

## Errors

${table(['phase', 'route', 'answer', 'times'], errorRows(record.entries, record.phases))}

## Times

p50 and p99 in milliseconds, of all answers.

${table(
  ['route', ...kindsOf(record.phases)],
  routesOf(record.entries).map((route) => [
    route,
    ...kindsOf(record.phases).map((kind) => {
      const times = record.entries
        .filter((entry) => entry.route === route && phaseOf(entry, record.phases) === kind)
        .map(({ fromMs, untilMs }) => untilMs - fromMs);
      return times.length === 0
        ? ''
        : `${quantile(times, 0.5).toFixed(0)} / ${quantile(times, 0.99).toFixed(0)}`;
    }),
  ]),
)}

## Memory

The rule: ${MEMORY_RULE}. In MB of 1 000 000 bytes: what is left of the main thread after a garbage collection / resident memory of the process. The embedded services keep what WeCom and DynamoDB keep, so they grow with the company. serverless-offline starts an instance for each concurrent request, and ends it after a minute without one.

${table(
  ['process', 'start', 'middle', 'end', 'threads', 'handles', 'event loop p99'],
  seen.series.filter(({ samples }) => samples.length > 2).map(memoryRow),
)}

## The schedule

${record.phases.map(({ kind, fromMs, faultUntilMs, untilMs }) => `${seconds(fromMs)}–${seconds(faultUntilMs)} ${kind}${untilMs > faultUntilMs ? `, recovery until ${seconds(untilMs)}` : ''}`).join('; ')} (seconds).
`;
}

const seconds = (ms: number) => (ms / 1_000).toFixed(0);

function kindsOf(phases: readonly Phase[]): PhaseKind[] {
  return [...new Set(phases.map(({ kind }) => kind))];
}

/** The phase in which the request began; what comes after the load is calm. */
function phaseOf({ fromMs }: Entry, phases: readonly Phase[]): PhaseKind {
  return phases.find((phase) => phase.fromMs <= fromMs && phase.untilMs > fromMs)?.kind ?? 'calm';
}

function routesOf(entries: readonly Entry[]): string[] {
  return [...new Set(entries.map(({ route }) => route))].sort();
}

function errorRows(entries: readonly Entry[], phases: readonly Phase[]): string[][] {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    if (entry.isExpected) continue;
    const key = [phaseOf(entry, phases), entry.route, entry.kind].join(' | ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort().map(([key, count]) => [...key.split(' | '), String(count)]);
}

function counted(kinds: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} × ${kind}`).join(', ');
}

function described({ route, kind, fromMs, untilMs }: Entry): string {
  return `${(fromMs / 1_000).toFixed(1)} s: ${route}: ${kind} after ${(untilMs - fromMs).toFixed(0)} ms`;
}

function memoryRow({ name, samples }: Series): string[] {
  const shown = (at: number) => {
    const sample = samples[Math.min(samples.length - 1, Math.floor(at * samples.length))];
    const megabytes = (bytes = 0) => (bytes / 1e6).toFixed(1);
    return `${megabytes(sample?.usedBytes)} / ${megabytes(sample?.residentBytes)}`;
  };
  const most = Math.max(...samples.map(({ threads }) => threads.length));
  const handles = samples.map((sample) => sample.handles);
  const delays = samples.map(({ eventLoopDelay }) => eventLoopDelay.p99Ms);
  return [
    name,
    shown(0),
    shown(0.5),
    shown(1),
    most === 0 ? '' : `≤ ${most}`,
    `${Math.min(...handles)}–${Math.max(...handles)}`,
    `${quantile(delays, 0.5).toFixed(0)} ms`,
  ];
}

function problemList(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const shown = lines.slice(0, MOST_LISTED).map((line) => `- ${line}`);
  const more = lines.length - shown.length;
  return `\n## ${title}\n\n${shown.join('\n')}\n${more > 0 ? `- and ${more} more\n` : ''}`;
}
