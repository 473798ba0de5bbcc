import { replacePart } from '../../tests/harness/generatedPart.ts';
import type { Language, Text } from '../../tests/wecomClients/table.ts';
import { machine, revision } from '../measure/report.ts';
import type { Results } from './inside.ts';
import type { PlannedBackEnd } from './plan.ts';
import { signInTable } from './signInTable.ts';
import { situationTable } from './situationTable.ts';

/** A back end that was not compared, and why. */
export interface Skipped {
  readonly name: Text;
  readonly version: string;
  readonly reason: string;
}

/** One run, as the documents tell it. */
export interface Run extends Results {
  readonly backEnds: readonly PlannedBackEnd[];
  readonly skipped: readonly Skipped[];
  /** The machine's load (1 minute) before and after. */
  readonly load: readonly [number, number];
}

const DOCUMENTS = { en: 'docs/comparison.md', zh: 'docs/zh-CN/comparison.md' } as const;

/** The parts of the documents that one run writes, by their names. */
type Parts = Readonly<Record<'run' | 'sign-ins' | 'situations', string>>;

export function writeDocuments(run: Run): void {
  // All of it first: with a document written, the tree differs from the commit.
  const parts = { en: partsOf(run, 'en'), zh: partsOf(run, 'zh') };
  for (const language of ['en', 'zh'] as const) {
    for (const [name, text] of Object.entries(parts[language])) {
      replacePart(DOCUMENTS[language], name, text);
    }
  }
}

export function partsOf(run: Run, language: Language): Parts {
  return {
    run: runText(run, language),
    'sign-ins': signInTable(run.speeds, run.backEnds, language),
    situations: situationTable(run.situations, run.backEnds, language),
  };
}

function runText({ load, backEnds, skipped }: Run, language: Language): string {
  const [before, after] = load.map((each) => each.toFixed(1));
  const day = new Date().toISOString().slice(0, 10);
  const where = `${machine()}, Node.js ${process.versions.node}`;
  const versions = backEnds
    .filter(({ hasState }) => !hasState)
    .map(({ name, version }) => `- ${name[language]}: ${version}`);
  const missing = skipped.map(({ name, version, reason }) =>
    language === 'en'
      ? `- Not compared: ${name.en} ${version}. ${reason}.`
      : `- 未比较：${name.zh} ${version}。${reason}。`,
  );
  const text =
    language === 'en'
      ? `Measured on ${day} at ${revision()}, on ${where}. Load of the machine (1 minute) before and after: ${before} and ${after}.`
      : `测于 ${day}，提交 ${revision()}，${where}。测量前后的机器负载（1 分钟）：${before} 和 ${after}。`;
  return [text, '', ...versions, ...missing].join('\n');
}
