/** A text of the page in both languages. */
export interface Words {
  readonly zh: string;
  readonly en: string;
}

type Language = 'zh' | 'en';

const KEPT = 'wecom-auth.language';

let current: Language = first();

function first(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'zh' || kept === 'en') return kept;
  const known = navigator.languages.find((each) => /^(zh|en)\b/i.test(each));
  return known?.toLowerCase().startsWith('en') ? 'en' : 'zh';
}

export function language(): Language {
  return current;
}

/** Keeps the language for the next visit. Whoever calls it draws the page again. */
export function setLanguage(chosen: Language): void {
  current = chosen;
  localStorage.setItem(KEPT, chosen);
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
}

/** @returns the text in the page's language */
export function say(words: Words): string {
  return words[current];
}
