import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

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

/** @returns what the last run of a bench measured; if it kept nothing, a budget that is missed */
export function keptBudgets(bench: string): Budget[] {
  if (!existsSync(fileOf(bench))) {
    return [{ what: `bench/${bench}`, limit: 'it ends', measured: 'it failed', isMet: false }];
  }
  return JSON.parse(readFileSync(fileOf(bench), 'utf8'));
}
