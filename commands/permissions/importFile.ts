import { readFile } from 'node:fs/promises';
import { lineName, MAX_PROBLEMS, readGrantCsv } from '../../lib/administration/grantCsv.ts';
import type { GrantRequest } from '../../lib/administration/grantRequest.ts';
import { EXIT, ExitError, misunderstood } from '../administration/exit.ts';
import { change } from './change.ts';
import type { Work } from './work.ts';

const MAX_FILE_BYTES = 50 * 1024 * 1024;
const MAX_PROBLEMS_SHOWN = 20;

/** Writes the grants of a CSV file. If one line is wrong, nothing is changed. @throws ExitError, InvalidInput */
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

/** @throws ExitError, InvalidInput */
function readGrantRequests(text: string, { say, now }: Work): GrantRequest[] {
  const { requests, problems } = readGrantCsv(text, now);
  if (problems.length === 0) return requests;
  const shown = problems
    .slice(0, MAX_PROBLEMS_SHOWN)
    .map(({ line, text }) => `${say(lineName(line))}  ${say(text)}`)
    .join('\n');
  const count = problems.length;
  const [zhCount, enCount] =
    count < MAX_PROBLEMS ? [`${count}`, `${count}`] : [`至少 ${count}`, `At least ${count}`];
  throw new ExitError(EXIT.misunderstood, {
    zh: `${zhCount} 行有误，什么都没有改变：\n${shown}`,
    en: `${enCount} lines are wrong. Nothing was changed.\n${shown}`,
  });
}
