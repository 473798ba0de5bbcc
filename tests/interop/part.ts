import type { Text } from '../wecomClients/table.ts';

export type { Text };

/** What one outside program found. */
export interface Row {
  readonly name: string;
  /** Empty if the program could not be installed. */
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

/** One kind of outside programs. */
export interface Part {
  /** The word that selects it. */
  readonly name: string;
  readonly title: Text;
  /** What is done with each program. */
  readonly did: Text;
  /** `.ci/run` does it. */
  readonly quick?: true;
  /** @throws Error if the part itself cannot run; that is a failure */
  run(): Promise<Row[]>;
}

/** @param missing what the machine lacks, in English */
export function missingText(missing: string): Text {
  return { en: `${missing}.`, zh: `本机不具备运行条件：${missing}。` };
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
