import type { Bilingual } from '../../lib/bilingual.ts';

/** One line of a checklist, or one promise of SECURITY.md. */
export interface Entry {
  /** Such as `13`, or `4.8` for a section of an RFC. */
  readonly id: string;
  /** What is demanded or promised, as Markdown. */
  readonly text: Bilingual;
  /**
   * `held`: the tests show all of it. `open`: a part is not done, or no test shows it; the remark says
   * which. `not applicable`: there is nothing here that it could be about; the remark says why.
   */
  readonly state: 'held' | 'open' | 'not applicable';
  readonly tests: Tests;
  readonly remark?: Bilingual;
}

/**
 * Titles of tests or of groups, by file: `lib/poll` is tests/lib/poll.test.ts. ` › ` stands between the
 * title of a group and that of a test in it; it is needed where a title alone occurs twice in the file.
 */
export type Tests = Readonly<Record<string, readonly string[]>>;

/** An entry that tests show as a whole. @param remark what the reader has to know besides */
export function held(id: string, en: string, zh: string, tests: Tests, remark?: Bilingual): Entry {
  return { id, text: { en, zh }, state: 'held', tests, ...(remark && { remark }) };
}

/** An entry of which something is missing. @param remark what, and why */
export function open(
  id: string,
  en: string,
  zh: string,
  remark: Bilingual,
  tests: Tests = {},
): Entry {
  return { id, text: { en, zh }, state: 'open', tests, remark };
}

/** An entry about something that does not exist here. @param tests that show that it does not */
export function notApplicable(
  id: string,
  en: string,
  zh: string,
  remark: Bilingual,
  tests: Tests = {},
): Entry {
  return { id, text: { en, zh }, state: 'not applicable', tests, remark };
}
