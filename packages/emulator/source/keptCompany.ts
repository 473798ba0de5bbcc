import type { Company, Member } from './directory/types.ts';
import { readState } from './stateFile.ts';

/** A company as its administrator left it. */
export interface KeptCompany {
  readonly company: Company;
  /** Members who left, and who may return. */
  readonly left: readonly Member[];
}

/** Reads the company that an earlier emulator kept; see `readState`. */
export function readKeptCompany(file: string): KeptCompany | undefined {
  const lists = ({ left, company }: KeptCompany) => {
    const { members, departments, tags, apps, visitors } = company;
    return [left, members, departments, tags, apps, visitors];
  };
  return readState(file, lists, 'a company that this emulator kept');
}
