import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Composition } from '../../tests/harness/bundles/composition.ts';
import type { OnTheWire, WireResult } from '../../tests/harness/lambda/wire.ts';
import type { Comparison } from './comparison.ts';
import type { Spread } from './spread.ts';

export interface FunctionSize extends Composition {
  readonly name: string;
  readonly zipBytes: number;
  readonly budget?: number | undefined;
}

export interface Results {
  readonly command: string;
  readonly coldRepetitions: number;
  readonly warmRepetitions: number;
  readonly latencyMs: number;
  readonly comparisons: readonly Comparison[];
  readonly sizes: readonly FunctionSize[];
  readonly wire: WireResult;
  /** The machine's load (1 minute) before and after. */
  readonly load: readonly [number, number];
}

export const loadNow = (): number => loadavg()[0] ?? 0;

/** The one table of ratios, as Markdown. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const number = (value: number) => value.toFixed(value < 10 ? 2 : 0);
  const spread = ({ median, min, max }: Spread) =>
    `${number(median)} (${number(min)}–${number(max)})`;
  const rows = comparisons.map(({ what, against, unit, ours, theirs, ratio, budget }) => [
    what,
    against,
    `${spread(ours)} ${unit}`,
    `${spread(theirs)} ${unit}`,
    `**${ratio.median.toFixed(2)}** (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
    verdict(ratio.median, budget),
  ]);
  return table(['what', 'against', 'ours', 'theirs', 'ratio', 'budget'], rows);
}

function verdict(value: number, budget: number | undefined): string {
  if (budget === undefined) return '';
  return value <= budget
    ? `≤ ${budget} ✓`
    : `≤ ${budget}, **missed by ${(value - budget).toFixed(2)}**`;
}

export function report(results: Results): string {
  const { command, comparisons, sizes, wire, load } = results;
  const versions = ['esbuild', '@aws-sdk/client-dynamodb', 'express', 'axios', 'serverless-http'];
  return `# Measured side by side

\`${command}\` on ${machine()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}, at ${revision()}; ${versions.map((name) => `${name} ${versionOf(name)}`).join(', ')}.
Load of the machine before and after: ${load.map((each) => each.toFixed(1)).join(' and ')}; on an idle one it begins near 0 and ends near 1.

Each ratio is from one run in which the contestants took turns: ${results.coldRepetitions} fresh processes each for what is cold, ${results.warmRepetitions} turns of 100 requests each for what is warm. A ratio is formed within each repetition; shown are median, smallest and largest. Ours is what \`serverless package\` packed, unpacked into a read-only directory. DynamoDB (embedded), SSM and WeCom (${results.latencyMs} ms for every answer) are in one other process and use TLS, as on AWS. Times are this machine's; a Lambda of 512 MB has 0.29 of a CPU after init.

The peers are in \`bench/peers\`. "Express" is bundled by this project's own options; "Express, plain" as a tutorial would: one CommonJS file, minified, with all of the SDK.

${comparisonTable(comparisons)}

## Bytes

What a function loads before its first request, minified, in kB of 1 000 bytes.

${table(
  ['function', 'static imports', 'budget', 'files', 'whole bundle', 'zip', 'largest packages'],
  sizes.map(({ name, bytes, budget, files, totalBytes, zipBytes, packages }) => [
    name,
    kB(bytes),
    budget === undefined ? '' : `≤ ${kB(budget)}${bytes <= budget ? ' ✓' : ' **missed**'}`,
    String(files),
    kB(totalBytes),
    kB(zipBytes),
    Object.entries(packages)
      .slice(0, 4)
      .map(([each, size]) => `${each} ${kB(size)}`)
      .join(', '),
  ]),
)}

A cold \`verify\` loads ${wire.verifyFiles.length} files of its package before its first response: ${wire.verifyFiles.map((file) => `\`${file.replace(/-[A-Z0-9]{8}(?=\.js$)/, '')}\``).join(', ')}.

## On the wire

${table(
  ['request', 'WeCom', 'deep', 'DynamoDB', 'SSM'],
  wire.cases.map(({ what, wecom, depth, dynamoDb, ssm }: OnTheWire) => [
    what,
    counted(wecom),
    wecom.length > 0 ? String(depth) : '',
    counted(dynamoDb),
    counted(ssm),
  ]),
)}
`;
}

function counted(operations: readonly string[]): string {
  return operations.length === 0 ? '0' : `${operations.length}: ${operations.join(', ')}`;
}

function kB(bytes: number): string {
  return (bytes / 1_000).toFixed(1);
}

/** Rows as a table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** The version of an installed package. */
export function versionOf(name: string): string {
  return JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version;
}

/** Cores, processor and memory. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB`;
}

/** The commit, with `-dirty` if files differ from it. */
export function revision(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  } catch {
    return 'no revision';
  }
}
