import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

/** One promise with a number, and what was measured. */
export interface Budget {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly isMet: boolean;
}

const DIRECTORY = '.local/bench/budgets';
const fileOf = (bench: string) => `${DIRECTORY}/${bench}.json`;

/** Keeps what a bench measured, for the table of `npm run bench:budgets`. */
export function keepBudgets(bench: string, budgets: readonly Budget[]): void {
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(fileOf(bench), JSON.stringify(budgets));
}

/** @returns what the last run of a bench measured */
export function keptBudgets(bench: string): Budget[] {
  return JSON.parse(readFileSync(fileOf(bench), 'utf8'));
}
