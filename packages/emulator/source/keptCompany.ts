import { existsSync, readFileSync } from 'node:fs';
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
export function readKeptCompany(file: string): KeptCompany | undefined {
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
