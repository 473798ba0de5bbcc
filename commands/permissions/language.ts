/** Two languages side by side, so that neither is forgotten. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

export type Say = (text: Bilingual) => string;

/** Chinese where the environment's locale is Chinese, else English. */
export function languageOf(environment: NodeJS.ProcessEnv): Say {
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return locale.toLowerCase().startsWith('zh') ? ({ zh }) => zh : ({ en }) => en;
}
