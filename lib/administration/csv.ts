import type { Bilingual } from '../bilingual.ts';

/**
 * What a spreadsheet takes for a formula: `=`, `+`, `-` or `@`, also in full width and after spaces,
 * and a leading tab or line break. An apostrophe before it makes it text. Apostrophes that are
 * already there match too, so that the added one can be told from them and removed again.
 */
const FORMULA = /^(?:[\s']*[=+\-@＝＋－＠]|'*[\t\r\n])/;

/** One row of a file. */
export interface CsvRow {
  readonly fields: readonly string[];
  /** The number of its first line, from 1, as an editor counts. A quoted field may hold more. */
  readonly line: number;
}

/** Where a file is no CSV. */
export class CsvProblem {
  readonly line: number;
  readonly text: Bilingual;

  constructor(line: number, text: Bilingual) {
    this.line = line;
    this.text = text;
  }
}

const NOT_CLOSED: Bilingual = {
  zh: '这里开始的引号没有结束',
  en: 'The quote that begins here is not closed',
};
const MISPLACED: Bilingual = {
  zh: '引号只能在字段的开头和结尾；字段中的引号写作两个',
  en: 'Quotes stand at both ends of a field only; inside of it write two',
};

/**
 * Reads comma-separated values (RFC 4180), with or without a byte order mark. Removes the apostrophe
 * that `writeCsv` puts before what a spreadsheet would take for a formula.
 *
 * @returns rows of fields, an empty line being one empty field; or why the text is no CSV
 */
export function readCsv(text: string): CsvRow[] | CsvProblem {
  const rows: CsvRow[] = [];
  let fields: string[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  let lineOfRow = 1;
  while (at < text.length) {
    const lineOfField = line;
    let field = '';
    if (text[at] === '"') {
      for (;;) {
        const close = text.indexOf('"', at + 1);
        if (close < 0) return new CsvProblem(lineOfField, NOT_CLOSED);
        field += text.slice(at + 1, close);
        at = close + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
      line += field.match(LINE_BREAK)?.length ?? 0;
    } else {
      const end = at + (/[,\r\n]/.exec(text.slice(at))?.index ?? text.length - at);
      field = text.slice(at, end);
      if (field.includes('"')) return new CsvProblem(line, MISPLACED);
      at = end;
    }
    fields.push(field.startsWith("'") && FORMULA.test(field.slice(1)) ? field.slice(1) : field);
    if (text[at] === ',') {
      at += 1;
      if (at === text.length) fields.push('');
      continue;
    }
    if (at < text.length && text[at] !== '\r' && text[at] !== '\n') {
      return new CsvProblem(line, MISPLACED);
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
    rows.push({ fields, line: lineOfRow });
    fields = [];
    line += 1;
    lineOfRow = line;
  }
  if (fields.length > 0) rows.push({ fields, line: lineOfRow });
  return rows;
}

const LINE_BREAK = /\r\n|\r|\n/g;

/**
 * Writes comma-separated values (RFC 4180) in which a spreadsheet finds no formula. `readCsv` gives
 * back exactly the same rows.
 */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(written).join(',')}\n`).join('');
}

function written(field: string): string {
  const text = FORMULA.test(field) ? `'${field}` : field;
  // Quoted spaces survive a spreadsheet; a quoted byte order mark is not taken for the file's own.
  return /[",\r\n]|^\s|\s$|^\uFEFF/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
