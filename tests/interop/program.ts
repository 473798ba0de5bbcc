import type { Row } from './part.ts';
import { failedRow, type RunOptions, skippedRow, type Text } from './part.ts';

/** An outside program with its pinned version. */
export interface Program {
  readonly name: string;
  readonly version: string;
  /** `--quick` tries it: it is installed in seconds and needs no stack. */
  readonly isQuick?: true;
  /** @returns why this machine cannot run it, in English; undefined if it can */
  missing(): string | undefined;
  /** @returns the folder that it is installed in */
  install(): Promise<string>;
}

/** What a program found. */
export interface Found {
  /** The number of checks, each of which held or failed. */
  readonly checks: number;
  readonly failures: readonly string[];
  readonly remarks?: readonly Text[];
}

/** Installs programs one after the other, and tries each. One that cannot be installed has failed. */
export async function tryPrograms<P extends Program>(
  programs: readonly P[],
  { isQuick }: RunOptions,
  attempt: (program: P, directory: string) => Promise<Found>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const program of programs.filter((each) => !isQuick || each.isQuick)) {
    const { name, version } = program;
    const missing = program.missing();
    if (missing) {
      rows.push(skippedRow(name, version, missing));
      continue;
    }
    console.error(`  ${name} …`);
    try {
      const { checks, failures, remarks } = await attempt(program, await program.install());
      const held = checks - failures.length;
      rows.push({ name, version, held, failures, ...(remarks && { remarks }) });
    } catch (error) {
      rows.push(failedRow(name, version, error));
    }
  }
  return rows;
}

/** What a program said of a token or an event. */
interface Outcome {
  readonly name: string;
  readonly accepted: boolean;
  readonly reason: string;
}

/** What a program must say of it. */
export interface Case {
  readonly name: string;
  readonly isValid: boolean;
}

/** @param printed `{"outcomes": [{"name", "accepted", "reason"}]}` */
export function compareOutcomes(cases: readonly Case[], printed: string): Found {
  const { outcomes } = JSON.parse(printed) as { outcomes: readonly Outcome[] };
  const failures = cases.flatMap(({ name, isValid }) => {
    const outcome = outcomes.find((each) => each.name === name);
    if (outcome === undefined) return [`${name}: not tried`];
    if (outcome.accepted === isValid) return [];
    return [`${name}: ${isValid ? outcome.reason : 'accepted'}`];
  });
  return { checks: cases.length, failures };
}
