import type { Incoming } from '../wire/request.ts';
import { addressOf, withOwn } from './ownParameters.ts';

export type Language = 'zh' | 'en';

/** A text in both languages. */
export type Words = Readonly<Record<Language, string>>;

/** Cookies ignore ports, so the name has to keep out of the way of whatever else runs on this host. */
const COOKIE = 'wecom_emulator_language';
const DAYS_30 = 30 * 86_400;

/** The language of a page: the one just chosen, the one chosen earlier, or the browser's first. */
export function languageOf({ query, headers }: Incoming): Language {
  const chosen = query.get('emulator_lang');
  if (chosen === 'zh' || chosen === 'en') return chosen;
  const [, kept] =
    new RegExp(`(?:^|;\\s*)${COOKIE}=(zh|en)(?:;|$)`).exec(headers.cookie ?? '') ?? [];
  if (kept !== undefined) return kept as Language;
  const [, first] = /(?:^|,)\s*(zh|en)\b/i.exec(headers['accept-language'] ?? '') ?? [];
  return first?.toLowerCase() === 'en' ? 'en' : 'zh';
}

/** The cookie that keeps a choice just made. */
export function keepLanguage({ query }: Incoming): Record<string, string> {
  const chosen = query.get('emulator_lang');
  if (chosen !== 'zh' && chosen !== 'en') return {};
  return {
    'Set-Cookie': `${COOKIE}=${chosen}; Path=/; Max-Age=${DAYS_30}; HttpOnly; SameSite=Lax`,
  };
}

/** The same page in this language. */
export function inLanguage(incoming: Incoming, language: Language): string {
  const who = incoming.query.get('emulator_who');
  const address = addressOf(incoming);
  return withOwn(who === null ? address : withOwn(address, 'who', who), 'lang', language);
}
