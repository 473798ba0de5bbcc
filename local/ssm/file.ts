import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isJson } from './input.ts';
import type { Parameter } from './parameters.ts';

/**
 * Reads the parameters of an earlier run; none if the file does not exist.
 *
 * @throws Error without a cause if the file is unreadable: JSON.parse would quote secret values
 */
export function loadParameters(file: string): Parameter[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  chmodSync(file, 0o600);
  const parameters = parse(text);
  if (!Array.isArray(parameters) || !parameters.every(isParameter)) {
    throw new Error(
      `${file} cannot be read by this version. Run \`npm start -- --fresh\` (this deletes the local data)`,
    );
  }
  return parameters;
}

/** Replaces the file atomically, so that readers find the old or the new content, even after a crash. */
export function saveParameters(file: string, parameters: readonly Parameter[]): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.${randomUUID()}.tmp`;
  try {
    writeFileSync(next, `${JSON.stringify(parameters, null, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isParameter(value: unknown): value is Parameter {
  return (
    isJson(value) &&
    typeof value['name'] === 'string' &&
    isJson(value['tags']) &&
    Array.isArray(value['versions']) &&
    value['versions'].length > 0 &&
    value['versions'].every(
      (each) =>
        isJson(each) && typeof each['value'] === 'string' && Number.isInteger(each['version']),
    )
  );
}
