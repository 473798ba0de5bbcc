import { replacePart } from '../harness/generatedPart.ts';
import { CALLS, type CallName, type Cell } from './calls.ts';
import type { Client } from './clients.ts';

export type Language = 'en' | 'zh';
export type Text = Readonly<Record<Language, string>>;

const READMES = {
  en: 'packages/emulator/README.md',
  zh: 'packages/emulator/README.zh-CN.md',
} as const;

/** A client's row. */
export interface Row {
  readonly name: string;
  readonly version: string;
  readonly cells: Partial<Record<CallName, Cell>>;
  readonly faults: NonNullable<Client['faults']>;
  /** Why it was not tried. */
  readonly skipped?: Text;
  /** What is not as it should be: the emulator's failure, or a known fault that is gone. */
  readonly problems: readonly string[];
}

export function rowOf(
  { name, faults = {} }: Client,
  version: string,
  cells: Row['cells'] = {},
  skipped?: Text,
): Row {
  const problems = CALLS.flatMap(({ name: call }) => {
    const cell = cells[call];
    if (cell?.state === 'fails' && !faults[call]) return [`${name}, ${call}: ${cell.reason}`];
    if (cell?.state === 'works' && faults[call])
      return [`${name}, ${call}: works, but is listed as a fault`];
    return [];
  });
  return { name, version, cells, faults, problems, ...(skipped !== undefined && { skipped }) };
}

/** The table of Markdown in each language, with the reasons below it. */
export function tables(rows: readonly Row[]): Record<Language, string> {
  return { en: table(rows, 'en'), zh: table(rows, 'zh') };
}

/** Replaces the part between the markers in the READMEs of the emulator. */
export function writeTables(rows: readonly Row[], now: Date): void {
  const day = now.toISOString().slice(0, 10);
  for (const language of ['en', 'zh'] as const) {
    const tried = language === 'en' ? `Tried on ${day}:` : `${day} 的结果：`;
    replacePart(READMES[language], 'clients', `${tried}\n\n${table(rows, language)}`);
  }
}

function table(rows: readonly Row[], language: Language): string {
  const notes: string[] = [];
  const noteOf = (text: string) => {
    if (!notes.includes(text)) notes.push(text);
    return notes.indexOf(text) + 1;
  };
  const symbol = ({ cells, faults, skipped }: Row, call: CallName) => {
    const cell = cells[call];
    if (skipped !== undefined || cell === undefined) return '';
    if (cell.state === 'works') return '✓';
    if (cell.state === 'absent') return '–';
    const fault = faults[call];
    return fault ? `✗ ${noteOf(fault[language])}` : '✗';
  };
  const head = language === 'en' ? ['client', 'version'] : ['客户端', '版本'];
  const tried = rows.filter(({ skipped }) => skipped === undefined);
  const lines = [
    [...head, ...CALLS.map(({ title }) => title[language])],
    [...head, ...CALLS].map(() => '---'),
    ...tried.map((row) => [row.name, row.version, ...CALLS.map(({ name }) => symbol(row, name))]),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  for (const { name, version, skipped } of rows) {
    if (skipped !== undefined)
      notes.push(
        language === 'en'
          ? `Not tried: ${name} ${version}. ${skipped.en}`
          : `未测试：${name} ${version}。${skipped.zh}`,
      );
  }
  return [...lines, '', ...notes.map((note, index) => `${index + 1}. ${note}`), ''].join('\n');
}
