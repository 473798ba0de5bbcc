import Table from 'cli-table3';
import { replacePart } from '../harness/generatedPart.ts';
import type { Part, Row, Text } from './part.ts';

type Language = keyof Text;

/** What a part found. */
export interface Result extends Pick<Part, 'title' | 'did'> {
  readonly rows: readonly Row[];
}

/** How the results were measured. */
export interface Measurement {
  readonly command: string;
  readonly commit: string;
  readonly day: string;
}

const DOCUMENTS = { en: 'docs/interop.md', zh: 'docs/zh-CN/interop.md' } as const;

const HEAD: Record<Language, readonly string[]> = {
  en: ['part', 'program', 'version', 'what it does', 'result'],
  zh: ['部分', '程序', '版本', '内容', '结果'],
};

export function count(results: readonly Result[]) {
  const rows = results.flatMap((each) => each.rows);
  return {
    held: rows.reduce((sum, { held }) => sum + held, 0),
    failed: rows.reduce((sum, { failures }) => sum + failures.length, 0),
    skipped: rows.filter(({ skipped }) => skipped !== undefined).length,
  };
}

/** The table for a terminal, with failures and remarks in it. */
export function terminalTable(results: readonly Result[]): string {
  const table = new Table({
    head: ['Part', 'Program', 'Version', 'Result'],
    colWidths: [20, 32, 20, 66],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { title, rows } of results) {
    for (const { name, version, held, failures, remarks = [], skipped } of rows) {
      const lines = [
        ...(skipped ? [`skipped: ${skipped.en}`] : [`${held} held`]),
        ...failures.map((failure) => `failed: ${failure.slice(0, 1_500)}`),
        ...remarks.map(({ en }) => en),
      ];
      table.push([title.en, name, version, lines.join('\n')]);
    }
  }
  return table.toString();
}

/** The table of Markdown, with the remarks in a list below it. */
export function markdownTable(results: readonly Result[], language: Language): string {
  const notes: string[] = [];
  const noteOf = (text: Text) => {
    const note = text[language];
    if (!notes.includes(note)) notes.push(note);
    return String(notes.indexOf(note) + 1);
  };
  const resultOf = ({ held, failures, remarks = [], skipped }: Row) => {
    if (skipped) return `${SKIPPED[language]} (${noteOf(skipped)})`;
    const counted = failures.length === 0 ? String(held) : `${held}, ✗ ${failures.length}`;
    const numbers = remarks.map(noteOf).join(', ');
    return `✓ ${counted}${numbers && ` (${numbers})`}`;
  };
  const rows = results.flatMap(({ title, did, rows }) =>
    rows.map((row, index) => [
      // Said once for each part.
      index === 0 ? title[language] : '',
      row.name,
      row.version,
      index === 0 ? did[language] : '',
      resultOf(row),
    ]),
  );
  const head = HEAD[language];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [...lines, '', ...notes.map((note, index) => `${index + 1}. ${note}`)].join('\n').trim();
}

const SKIPPED: Text = { en: 'skipped', zh: '跳过' };

/** Replaces the part between the markers in the documents. */
export function writeDocuments(results: readonly Result[], measurement: Measurement): void {
  const { command, commit, day } = measurement;
  const measured: Text = {
    en: `\`${command}\` at commit \`${commit}\` on ${day}:`,
    zh: `${day} 在提交 \`${commit}\` 运行 \`${command}\` 的结果：`,
  };
  for (const language of ['en', 'zh'] as const) {
    const text = `${measured[language]}\n\n${markdownTable(results, language)}`;
    replacePart(DOCUMENTS[language], 'results', text);
  }
}
