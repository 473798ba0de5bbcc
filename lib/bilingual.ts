/** One text in both languages of the project's readers, by name so that they cannot be swapped. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}
