import type { Bilingual } from '../bilingual.ts';
import type { Grant } from '../permissions/grant.ts';
import { CsvProblem, readCsv, writeCsv } from './csv.ts';
import { showSubject } from './grantJson.ts';
import { type GrantRequest, readPair, readTerms } from './grantRequest.ts';
import { InvalidInput } from './invalidInput.ts';
import { formatUntil } from './until.ts';

const COLUMNS = ['subject', 'permission', 'effect', 'until', 'note'];
/** The lines that `npm run` without -s prints before an export. Such a backup can be imported too. */
const NPM_LINES = /^\r?\n(?:> .*\r?\n){2}\r?\n/;

/** After this many wrong lines the rest is not read: it takes seconds, and nobody reads that list. */
export const MAX_PROBLEMS = 5_000;

/** A line of a file that is wrong. */
export interface LineProblem {
  /** From 1, as an editor counts. */
  readonly line: number;
  readonly text: Bilingual;
}

export interface GrantCsv {
  /** Each subject and permission once. `line` is where it stands. */
  readonly requests: (GrantRequest & { readonly line: number })[];
  /** At most MAX_PROBLEMS. */
  readonly problems: LineProblem[];
}

/** How a sentence names a line. */
export function lineName(line: number): Bilingual {
  return { zh: `第 ${line} 行`, en: `line ${line}` };
}

/**
 * Reads grants from comma-separated values whose first line names the columns.
 *
 * @param now milliseconds since the epoch: an end before it is a problem
 * @throws InvalidInput if the text is no CSV, or the columns are wrong
 */
export function readGrantCsv(text: string, now: number): GrantCsv {
  const [npmLines = ''] = NPM_LINES.exec(text) ?? [];
  const linesBefore = npmLines.split('\n').length - 1;
  const read = readCsv(text.slice(npmLines.length));
  if (read instanceof CsvProblem) {
    const { zh, en } = lineName(read.line + linesBefore);
    throw new InvalidInput({
      zh: `${zh}  文件不是合法的 CSV：${read.text.zh}。什么都没有改变。`,
      en: `${en}  The file is not valid CSV. ${read.text.en}. Nothing was changed.`,
    });
  }
  const [head, ...rows] = read;
  const columns = (head?.fields ?? []).map((name) => name.trim());
  const strange = columns.filter((name) => !COLUMNS.includes(name));
  const twice = columns.length !== new Set(columns).size;
  if (
    strange.length > 0 ||
    twice ||
    !columns.includes('subject') ||
    !columns.includes('permission')
  ) {
    throw new InvalidInput({
      zh: `第一行应为列名：${COLUMNS.join(',')}（后三列可省略）`,
      en: `The first line must name the columns ${COLUMNS.join(',')} (the last three are optional)`,
    });
  }
  const problems: LineProblem[] = [];
  const requests = new Map<string, GrantCsv['requests'][number]>();
  for (const row of rows) {
    const { fields } = row;
    const line = row.line + linesBefore;
    if (fields.length === 1 && fields[0] === '') continue;
    const asWritten = (name: string) => fields[columns.indexOf(name)] || undefined;
    const field = (name: string) => asWritten(name)?.trim() || undefined;
    try {
      if (fields.length > columns.length) {
        throw new InvalidInput({ zh: '字段太多', en: 'Too many fields' });
      }
      const pair = readPair(field('subject'), field('permission'));
      const terms = readTerms(field('effect') ?? 'allow', field('until'), asWritten('note'));
      if (terms.until !== undefined && terms.until <= now) {
        throw new InvalidInput({ zh: 'until 已经过去', en: 'until is in the past' });
      }
      const name = `${showSubject(pair.subject)} ${pair.permission}`;
      if (requests.has(name)) {
        throw new InvalidInput({ zh: `重复：${name}`, en: `Duplicate: ${name}` });
      }
      requests.set(name, { ...pair, terms, line });
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      problems.push({ line, text: error.text });
      if (problems.length === MAX_PROBLEMS) break;
    }
  }
  return { requests: [...requests.values()], problems };
}

/**
 * Writes the grants that count as the CSV that `readGrantCsv` reads. A suspended grant that is imported
 * again would count, and an expired one is refused, so both are left out.
 *
 * @param options.head whether the first line names the columns
 */
export function writeGrantCsv(
  grants: readonly Grant[],
  now: number,
  { head }: { readonly head: boolean },
): string {
  const counting = grants.filter(
    ({ suspendedAt, until = Number.POSITIVE_INFINITY }) => suspendedAt === undefined && until > now,
  );
  const rows = counting.map(({ subject, permission, effect, until, note }) => [
    showSubject(subject),
    permission,
    effect,
    until === undefined ? '' : formatUntil(until),
    note ?? '',
  ]);
  return writeCsv(head ? [COLUMNS, ...rows] : rows);
}
