import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Text } from '../wecomClients/table.ts';

export type { Text };

/** What one outside program found. */
export interface Row {
  readonly name: string;
  /** Empty if it is not known, because the program could not be installed. */
  readonly version: string;
  /** The number of checks that held. */
  readonly held: number;
  /** What did not hold, in English. */
  readonly failures: readonly string[];
  /** Known limits of the program, and what was not tried. */
  readonly remarks?: readonly Text[];
  /** Why none of it was tried. */
  readonly skipped?: Text;
}

export interface RunOptions {
  /** Only programs that are installed and done in seconds. */
  readonly isQuick: boolean;
}

/** One kind of outside programs. */
export interface Part {
  /** The word that selects it. */
  readonly name: string;
  readonly title: Text;
  /** What is done with each program. */
  readonly did: Text;
  /** It has quick programs. */
  readonly isQuick?: true;
  /** @throws Error if the part itself cannot run, which is a failure */
  run(options: RunOptions): Promise<Row[]>;
}

/** @param missing what the machine lacks, in English */
export function missingText(missing: string): Text {
  const sentence = missing.replace(/\.$/, '');
  return { en: `${sentence}.`, zh: `本机不具备运行条件：${sentence}。` };
}

/** @returns the row of a program that this machine cannot run */
export function skippedRow(name: string, version: string, missing: string): Row {
  return { name, version, held: 0, failures: [], skipped: missingText(missing) };
}

/** @returns the row of a program that could not be installed or did not end well */
export function failedRow(name: string, version: string, error: unknown): Row {
  const failure = error instanceof Error ? error.message : String(error);
  return { name, version, held: 0, failures: [failure] };
}

/** @returns the rows; a program of which nothing was checked has failed, and so has a part without programs */
export function withoutEmpty(part: string, rows: readonly Row[]): Row[] {
  if (rows.length === 0) return [failedRow(part, '', 'nothing was tried')];
  return rows.map((row) => {
    const isEmpty = row.held === 0 && row.failures.length === 0 && row.skipped === undefined;
    return isEmpty ? { ...row, failures: ['nothing was checked'] } : row;
  });
}

let workFolders: string | undefined;

/** @returns a new folder, which is deleted when this process ends */
export function openWorkFolder(): string {
  if (workFolders === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'interop-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    workFolders = made;
  }
  return mkdtempSync(join(workFolders, 'part-'));
}
