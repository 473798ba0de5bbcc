import { readFile } from 'node:fs/promises';
import { EXIT, ExitError, misunderstood } from '../administration/exit.ts';
import { change } from './change.ts';
import { CsvProblem, readCsv } from './csv.ts';
import { type GrantRequest, readPair, readTerms } from './request.ts';
import { showSubject } from './show.ts';
import type { Work } from './work.ts';

const COLUMNS = ['subject', 'permission', 'effect', 'until', 'note'];
const MAX_FILE_BYTES = 50 * 1024 * 1024;
/** The lines that `npm run` without -s prints before an export. Such a backup can be imported too. */
const NPM_LINES = /^\r?\n(?:> .*\r?\n){2}\r?\n/;
const MAX_PROBLEMS_SHOWN = 20;

/** Writes the grants of a CSV file. If one line is wrong, nothing is changed. @throws ExitError */
export async function importFile(file: string, work: Work): Promise<void> {
  await change(readGrantRequests(await readText(file), work), work);
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw misunderstood({
      zh: `无法读取文件 ${file}：${error.code}`,
      en: `Cannot read ${file}: ${error.code}`,
    });
  });
  if (bytes.length > MAX_FILE_BYTES)
    throw misunderstood({ zh: '文件超过 50 MB', en: 'The file is over 50 MB' });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw misunderstood({
      zh: '文件不是 UTF-8 编码（可能是 GBK）。在 Excel 中：文件 → 另存为 → “CSV UTF-8（逗号分隔）(*.csv)”；在 WPS 或记事本中：另存为时将编码选为 UTF-8。什么都没有改变。',
      en: 'The file is not UTF-8, but probably GBK. In Excel: File → Save As → "CSV UTF-8 (Comma delimited) (*.csv)". In WPS or Notepad: choose the encoding UTF-8 when you save. Nothing was changed.',
    });
  }
}

function readGrantRequests(text: string, { say, now }: Work): GrantRequest[] {
  const [npmLines = ''] = NPM_LINES.exec(text) ?? [];
  const linesBefore = npmLines.split('\n').length - 1;
  const read = readCsv(text.slice(npmLines.length));
  const lineOf = ({ line }: { line: number }) =>
    say({ zh: `第 ${line + linesBefore} 行`, en: `line ${line + linesBefore}` });
  if (read instanceof CsvProblem) {
    throw misunderstood({
      zh: `${lineOf(read)}  文件不是合法的 CSV：${read.text.zh}。什么都没有改变。`,
      en: `${lineOf(read)}  The file is not valid CSV. ${read.text.en}. Nothing was changed.`,
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
    throw misunderstood({
      zh: `第一行应为列名：${COLUMNS.join(',')}（后三列可省略）`,
      en: `The first line must name the columns ${COLUMNS.join(',')} (the last three are optional)`,
    });
  }
  const problems: string[] = [];
  const requests = new Map<string, GrantRequest>();
  for (const row of rows) {
    const { fields } = row;
    if (fields.length === 1 && fields[0] === '') continue;
    const asWritten = (name: string) => fields[columns.indexOf(name)] || undefined;
    const field = (name: string) => asWritten(name)?.trim() || undefined;
    try {
      if (fields.length > columns.length)
        throw misunderstood({ zh: '字段太多', en: 'Too many fields' });
      const pair = readPair(field('subject'), field('permission'));
      const terms = readTerms(field('effect') ?? 'allow', field('until'), asWritten('note'));
      if (terms.until !== undefined && terms.until <= now) {
        throw misunderstood({ zh: 'until 已经过去', en: 'until is in the past' });
      }
      const name = `${showSubject(pair.subject)} ${pair.permission}`;
      if (requests.has(name))
        throw misunderstood({ zh: `重复：${name}`, en: `Duplicate: ${name}` });
      requests.set(name, { ...pair, terms });
    } catch (error) {
      if (!(error instanceof ExitError)) throw error;
      problems.push(`${lineOf(row)}  ${say(error.text)}`);
    }
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, MAX_PROBLEMS_SHOWN).join('\n');
    throw new ExitError(EXIT.misunderstood, {
      zh: `${problems.length} 行有误，什么都没有改变：\n${shown}`,
      en: `${problems.length} lines are wrong. Nothing was changed.\n${shown}`,
    });
  }
  return [...requests.values()];
}
