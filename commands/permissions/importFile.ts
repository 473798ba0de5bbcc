import { readFile } from 'node:fs/promises';
import { EXIT, ExitError, misunderstood } from '../administration/exit.ts';
import { change } from './change.ts';
import { readCsv } from './csv.ts';
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
      zh: '文件不是 UTF-8 编码：在 Excel 中请另存为“CSV UTF-8”',
      en: 'The file is not UTF-8: in Excel, save as "CSV UTF-8"',
    });
  }
}

function readGrantRequests(text: string, { say }: Work): GrantRequest[] {
  const [head = [], ...rows] = readCsv(text.replace(NPM_LINES, '')) ?? [];
  const columns = head.map((name) => name.trim());
  const strange = columns.filter((name) => !COLUMNS.includes(name));
  const twice = columns.length !== new Set(columns).size;
  if (
    strange.length > 0 ||
    twice ||
    !columns.includes('subject') ||
    !columns.includes('permission')
  ) {
    throw misunderstood({
      zh: `第一行应为列名：${COLUMNS.join(',')}（后三列可省略），文件须为合法的 CSV`,
      en: `The first line must name the columns ${COLUMNS.join(',')} (the last three are optional), and the file must be valid CSV`,
    });
  }
  const problems: string[] = [];
  const requests = new Map<string, GrantRequest>();
  for (const [at, row] of rows.entries()) {
    if (row.length === 1 && row[0] === '') continue;
    const where = say({ zh: `第 ${at + 2} 行`, en: `line ${at + 2}` });
    const asWritten = (name: string) => row[columns.indexOf(name)] || undefined;
    const field = (name: string) => asWritten(name)?.trim() || undefined;
    try {
      if (row.length > columns.length)
        throw misunderstood({ zh: '字段太多', en: 'Too many fields' });
      const pair = readPair(field('subject'), field('permission'));
      const terms = readTerms(field('effect') ?? 'allow', field('until'), asWritten('note'));
      const name = `${showSubject(pair.subject)} ${pair.permission}`;
      if (requests.has(name))
        throw misunderstood({ zh: `重复：${name}`, en: `Duplicate: ${name}` });
      requests.set(name, { ...pair, terms });
    } catch (error) {
      if (!(error instanceof ExitError)) throw error;
      problems.push(`${where}  ${say(error.text)}`);
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
