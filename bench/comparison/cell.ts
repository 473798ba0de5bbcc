import type { Language } from '../../tests/wecomClients/table.ts';
import type { Recovery } from './recovery.ts';
import type { Outcome } from './signIn.ts';
import type { Found } from './situations.ts';

/** What a cell says of the outcomes beside their statuses. */
export interface CellOptions {
  /** Whoever is signed in here must not be. */
  readonly isWrong?: boolean;
  /** The call of WeCom whose number is told. */
  readonly counted?: string;
}

const TEXTS = {
  en: {
    join: '; ',
    comma: ', ',
    silent: 'no response',
    signedIn: 'signed in',
    nameless: 'without the name',
    banned: 'address banned',
    afterBan: 'after the ban of an hour',
    afterRestart: 'after the ban of an hour and a restart',
    never: 'never',
    after: (seconds: string) => `after ${seconds} s`,
    calls: (call: string, count: number) => `\`${call}\`: ${count}`,
  },
  zh: {
    join: '；',
    comma: '，',
    silent: '无响应',
    signedIn: '登录成功',
    nameless: '缺姓名',
    banned: 'IP 被封禁',
    afterBan: '一小时封禁结束之后',
    afterRestart: '一小时封禁结束并重启之后',
    never: '一直不能',
    after: (seconds: string) => `${seconds} 秒之后`,
    calls: (call: string, count: number) => `\`${call}\`：${count} 次`,
  },
} as const;

/** What the clients got, equal outcomes together, and how often WeCom was called. */
export function cellOf(
  { outcomes, calls, recovery }: Found,
  { isWrong = false, counted }: CellOptions,
  language: Language,
): string {
  const texts = TEXTS[language];
  const counts = new Map<string, number>();
  for (const outcome of outcomes) {
    const text = textOf(outcome, language);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([text], [other]) => (text < other ? -1 : 1));
  const parts = sorted.map(([text, count]) => {
    const isSignedIn = text.startsWith('`200`');
    if (isWrong && isSignedIn) return `**${count} × ${text}${texts.comma}${texts.signedIn}**`;
    return `${count} × ${text}`;
  });
  if (counted) parts.push(texts.calls(counted, calls));
  if (recovery?.wasBanned) parts.push(`**${texts.banned}**`);
  return parts.join(texts.join);
}

/** When members could sign in again. */
export function recoveryCell({ by, seconds }: Recovery, language: Language): string {
  const texts = TEXTS[language];
  if (by === 'nothing') return texts.never;
  if (by === 'restart') return texts.afterRestart;
  return by === 'end of the ban' ? texts.afterBan : texts.after(seconds.toFixed(1));
}

function textOf({ status, code, hasName, hasRetryAfter }: Outcome, language: Language): string {
  const texts = TEXTS[language];
  if (status === 0) return texts.silent;
  const parts = [`\`${status}\``];
  if (status === 200 && !hasName) parts.push(texts.nameless);
  // -1 says no more than the status.
  if (status !== 200 && code !== '-1') parts.push(code);
  if (hasRetryAfter) parts.push('`Retry-After`');
  return parts.join(texts.comma);
}
