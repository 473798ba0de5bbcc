import type { Bilingual } from '../bilingual.ts';

/** What an administrator wrote cannot be right; `text` says why. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
  readonly text: Bilingual;

  constructor(text: Bilingual) {
    super(text.en);
    this.text = text;
  }
}
