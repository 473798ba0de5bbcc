import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { Company, Member } from './directory/types.ts';

/** A company as its administrator left it. */
export interface KeptCompany {
  readonly company: Company;
  /** Members who left, and who may return. */
  readonly left: readonly Member[];
}

/**
 * Reads the company that an earlier emulator kept.
 *
 * @returns nothing if the file does not exist
 * @throws Error with a sentence for the user if it is unreadable
 */
export function readCompanyFile(file: string): KeptCompany | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    const lists = [kept.left, kept.company.members, kept.company.departments, kept.company.tags];
    if ([...lists, kept.company.apps, kept.company.visitors].every(Array.isArray)) return kept;
  } catch {
    // The same as a file of another form.
  }
  throw new Error(`${file} is not a company that this emulator kept. Delete it to begin anew.`);
}

export interface CompanyFile {
  /** Writes the company as it is now, or after the write that is under way. */
  save(): void;
  /** Resolves when everything is written. */
  settled(): Promise<void>;
}

/**
 * Keeps a company in a file. A reader finds the old or the new content, also after a crash. Changes during
 * a write are written together after it.
 *
 * @param onProblem gets the error of a write that failed; the next change tries again
 */
export function companyFile(
  file: string,
  kept: () => KeptCompany,
  onProblem: (error: unknown) => void,
): CompanyFile {
  let isWanted = false;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (isWanted) {
      isWanted = false;
      try {
        await writeFile(`${file}.new`, JSON.stringify(kept(), null, 1), { mode: 0o600 });
        await rename(`${file}.new`, file);
      } catch (error) {
        onProblem(error);
      }
    }
    writing = undefined;
  }

  return {
    save() {
      isWanted = true;
      writing ??= write();
    },
    settled: async () => writing,
  };
}
