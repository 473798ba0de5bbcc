import type { Incoming } from '../wire/request.ts';
import { type Html, html, words } from './html.ts';

/*
 * Parameters of the emulator's own links, which WeCom's addresses do not have.
 *
 *   emulator_choose  ask again whom to be, whomever the browser remembers
 *   emulator_who     the page for this person: consent, or why they cannot sign in
 *   emulator_lang    zh or en from now on
 */
const OWN = /^emulator_(choose|who|lang)=/;

/** The requested address as the customer's program wrote it. */
export function addressOf({ path, rawQuery }: Incoming): string {
  const query = rawQuery.split('&').filter((pair) => pair !== '' && !OWN.test(pair));
  return query.length > 0 ? `${path}?${query.join('&')}` : path;
}

/** @returns the address with one of the emulator's own parameters */
export function withOwn(address: string, name: 'choose' | 'who' | 'lang', value: string): string {
  const mark = address.includes('?') ? '&' : '?';
  return `${address}${mark}emulator_${name}=${encodeURIComponent(value)}`;
}

export function isChoosingAgain(query: URLSearchParams): boolean {
  return query.has('emulator_choose');
}

/** The person whose page is asked for. */
export function whoseTurn(query: URLSearchParams): string | undefined {
  return query.get('emulator_who') ?? undefined;
}

/** A link back to the chooser, whomever the browser remembers. */
export function chooseAgain(action: string): Html {
  return html`<a href="${withOwn(action, 'choose', '1')}">${words('换一个人', 'Choose someone else')}</a>`;
}
