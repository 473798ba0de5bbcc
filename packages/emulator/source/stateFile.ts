import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import { randomToken } from './credentials/randomToken.ts';

/**
 * Reads a state that an earlier emulator kept.
 *
 * @param shape what the file's content must have; it may have more
 * @param what for the error, such as `a company that this emulator kept`
 * @returns nothing if the file does not exist
 * @throws Error with a sentence for the user if the file is unreadable
 */
export function readState<State>(
  file: string,
  shape: v.GenericSchema,
  what: string,
): State | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const state: State = JSON.parse(readFileSync(file, 'utf8'));
    if (v.is(shape, state)) return state;
  } catch {
    // The same as a file of another form.
  }
  throw new Error(`${file} is not ${what}. Delete it to begin anew.`);
}

export interface StateFile {
  /** Writes the state as it is now, or after the write that is under way. */
  save(): void;
  /** Resolves when everything is written. */
  settled(): Promise<void>;
}

/**
 * Keeps a state in a file, as JSON. A reader finds the old or the new content, also after a crash. Changes
 * during a write are written together after it.
 *
 * @param onProblem gets the error of a write that failed; the next change tries again
 */
export function stateFile(
  file: string,
  state: () => unknown,
  onProblem: (error: unknown) => void,
): StateFile {
  // Of its own, because two emulators that wrote the same one would mix their states in it.
  const unfinished = `${file}.${randomToken(8)}.new`;
  let isWanted = false;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (isWanted) {
      isWanted = false;
      try {
        await writeFile(unfinished, JSON.stringify(state(), null, 1), { mode: 0o600 });
        await rename(unfinished, file);
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
