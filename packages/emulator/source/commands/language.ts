/** A text for the terminal in both languages. */
export interface Text {
  readonly en: string;
  readonly zh: string;
}

/** Whether the terminal's locale is Chinese. */
const isChinese = (process.env['LC_ALL'] || process.env['LC_MESSAGES'] || process.env['LANG'] || '')
  .toLowerCase()
  .startsWith('zh');

/** Picks the language of the terminal. */
export const say = ({ en, zh }: Text): string => (isChinese ? zh : en);

/** An error that the user can mend. Only its text is printed. */
export class UserError extends Error {
  constructor(text: Text) {
    super(say(text));
  }
}
