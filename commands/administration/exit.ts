import type { Bilingual } from '../../lib/bilingual.ts';

/** The exit codes of the administrator's commands; `--help` of each explains them. */
export const EXIT = {
  done: 0,
  failed: 1,
  misunderstood: 2,
  no: 3,
  unconfirmed: 4,
  conflict: 5,
} as const;

/** Ends the command with a sentence for the administrator. */
export class ExitError extends Error {
  readonly exitCode: number;
  readonly text: Bilingual;

  constructor(exitCode: number, text: Bilingual) {
    super(text.en);
    this.exitCode = exitCode;
    this.text = text;
  }
}

export function misunderstood(text: Bilingual): ExitError {
  return new ExitError(EXIT.misunderstood, text);
}
