/**
 * Comma-separated values as RFC 4180 has them, and a byte order mark before them as Excel does.
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
    row.push(field);
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

export function writeCsv(rows: readonly (readonly string[])[]): string {
  const quote = (field: string) =>
    /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  return rows.map((row) => `${row.map(quote).join(',')}\n`).join('');
}
