import { showCause, showSubject, termsJson } from '../../lib/administration/grantJson.ts';
import { formatTime } from '../../lib/administration/time.ts';
import { showWho, table } from '../administration/output.ts';
import { showTerms } from './show.ts';
import type { Work } from './work.ts';

/** Lists who changed the subject's grants, the latest last. */
export async function history(subject: string, work: Work): Promise<void> {
  const { options, say, print } = work;
  const lines = await work.store.history(subject);
  if (options.json) {
    const listed = lines.map(({ at, by, permission, before, after, cause }) => ({
      at: new Date(at).toISOString(),
      by,
      subject: showSubject(subject),
      permission,
      before: termsJson(before),
      after: termsJson(after),
      ...(cause && { cause }),
    }));
    return print(JSON.stringify({ history: listed }, null, 2));
  }
  if (lines.length === 0) return print(say({ zh: '没有记录。', en: 'There is no history.' }));
  const head = [
    say({ zh: '时间', en: 'at' }),
    say({ zh: '操作人', en: 'by' }),
    say({ zh: '权限', en: 'permission' }),
    say({ zh: '之前', en: 'before' }),
    say({ zh: '之后', en: 'after' }),
  ];
  const rows = lines.map(({ at, by, permission, before, after, cause }) => [
    formatTime(at),
    cause ? `${showWho(by)} · ${say(showCause(cause))}` : showWho(by),
    permission,
    showTerms(before, say),
    showTerms(after, say),
  ]);
  print(table(head, rows));
}
