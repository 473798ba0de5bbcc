import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvProblem, readCsv, writeCsv } from '../../../lib/administration/csv.ts';

/** Texts that are likely to break a line, a quote, a cell or the file's first bytes. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom(...'=+-@＝＋－＠\t\r\n\'", ;a1\uFEFF\u00A0'), { maxLength: 8 })
    .map((parts) => parts.join('')),
);
const rows = fc.array(fc.array(hostile, { minLength: 1, maxLength: 5 }), { maxLength: 5 });

function fieldsOf(csv: string) {
  const read = readCsv(csv);
  return read instanceof CsvProblem ? read : read.map(({ fields }) => fields);
}

/** The cells as a spreadsheet sees them: RFC 4180 and nothing more. Only for what `writeCsv` wrote. */
function cellsOf(csv: string): string[] {
  return [...csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?:,|\n)/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  );
}

describe('a CSV file', () => {
  it('is read back exactly as it was written', () => {
    fc.assert(
      fc.property(rows, (given) => {
        expect(fieldsOf(writeCsv(given))).toEqual(given);
      }),
      { numRuns: 2_000 },
    );
  });

  it('has no cell that a spreadsheet takes for a formula', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const cells = cellsOf(writeCsv(given));
        expect(cells).toHaveLength(given.flat().length);
        for (const cell of cells) expect(cell).not.toMatch(/^\s*[=+\-@＝＋－＠]|^[\t\r\n]/);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['-2', "'-2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ["'=1", "''=1"],
    ['\t=1', "'\t=1"],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ["it's", "it's"],
    ["'quoted'", "'quoted'"],
    ['2027-01-31', '2027-01-31'],
    ['a=b', 'a=b'],
  ])('writes %j as %s', (field, written) => {
    expect(writeCsv([[field]]).trimEnd()).toBe(written);
  });

  it('keeps an apostrophe that somebody wrote before a text', () => {
    expect(fieldsOf("'tis,'=1\n")).toEqual([["'tis", '=1']]);
  });

  it('has the line of each row, also after a field of several lines', () => {
    const read = readCsv('a,b\r\n"x\ny\r\nz",1\n\nc,d');
    expect(read).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['x\ny\r\nz', '1'] },
      { line: 5, fields: [''] },
      { line: 6, fields: ['c', 'd'] },
    ]);
  });

  it.each([
    ['a\n"b', 2, 'not closed'],
    ['a\n"b\nc\n', 2, 'not closed'],
    ['a\nb\nc"d"', 3, 'both ends'],
    ['"a\nb"\n"c"d', 3, 'both ends'],
  ])('names the line where %j is none', (text, line, problem) => {
    const read = readCsv(text) as CsvProblem;
    expect(read).toBeInstanceOf(CsvProblem);
    expect(read.line).toBe(line);
    expect(read.text.en).toContain(problem);
  });
});
