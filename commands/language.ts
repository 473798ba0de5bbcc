import type { Bilingual } from '../lib/bilingual.ts';

/** Picks the reader's language. */
export type Say = (text: Bilingual) => string;

/** Chinese if the environment's locale is Chinese, else English. */
export function languageOf(environment: NodeJS.ProcessEnv): Say {
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return locale.toLowerCase().startsWith('zh') ? ({ zh }) => zh : ({ en }) => en;
}

/** A text that needs no translation, such as a file name. */
export const same = (text: string): Bilingual => ({ en: text, zh: text });
