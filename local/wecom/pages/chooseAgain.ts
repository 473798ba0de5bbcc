import { type Html, html } from './html.ts';

/** Added to an authorize address by the emulator's own link, to be asked again whom to be. */
const CHOOSE_AGAIN = 'emulator_choose';

export function isChoosingAgain(query: URLSearchParams): boolean {
  return query.has(CHOOSE_AGAIN);
}

/** A link back to the chooser, whomever the browser remembers. */
export function chooseAgain(action: string): Html {
  return html`<a href="${action}&${CHOOSE_AGAIN}=1">换一个人 <span lang="en">be someone else</span></a>`;
}

/** The authorize address as the customer's program wrote it. */
export function withoutChooseAgain(action: string): string {
  return action.replace(new RegExp(`&${CHOOSE_AGAIN}=1`, 'g'), '');
}
