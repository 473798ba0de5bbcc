/**
 * What a spreadsheet takes for a formula: `=`, `+`, `-` or `@`, also in full width and after spaces,
 * and a leading tab or line break. An apostrophe before it makes it text. Apostrophes that are
 * already there match too, so that the added one can be told from them and removed again.
 */
const FORMULA = /^(?:[\s']*[=+\-@＝＋－＠]|'*[\t\r\n])/;

/**
 * Reads comma-separated values (RFC 4180), with or without a byte order mark. Removes the apostrophe
 * that `writeCsv` puts before what a spreadsheet would take for a formula.
 *
 * @returns rows of fields, an empty line being one empty field; nothing when a quote is not closed or stands where none may
 */
export function readCsv(text: string): string[][] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      for (;;) {
        const close = text.indexOf('"', at + 1);
        if (close < 0) return undefined;
        field += text.slice(at + 1, close);
        at = close + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
    } else {
      const end = at + (/[,\r\n]/.exec(text.slice(at))?.index ?? text.length - at);
      field = text.slice(at, end);
      if (field.includes('"')) return undefined;
      at = end;
    }
    row.push(field.startsWith("'") && FORMULA.test(field.slice(1)) ? field.slice(1) : field);
    if (text[at] === ',') {
      at += 1;
      if (at === text.length) row.push('');
      continue;
    }
    if (at < text.length && text[at] !== '\r' && text[at] !== '\n') return undefined;
    at += text.startsWith('\r\n', at) ? 2 : 1;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

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
