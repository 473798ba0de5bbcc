import { rename, writeFile } from 'node:fs/promises';

export interface StateFile {
  /** Writes the state as it is now, or after the write that is under way. */
  save(): void;
  /** Resolves when everything is written. */
  settled(): Promise<void>;
}

/**
 * Keeps a state in a file, as JSON. A reader finds the old or the new content, also after a crash. Changes during
 * a write are written together after it.
 *
 * @param onProblem gets the error of a write that failed; the next change tries again
 */
export function stateFile(
  file: string,
  state: () => unknown,
  onProblem: (error: unknown) => void,
): StateFile {
  let isWanted = false;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (isWanted) {
      isWanted = false;
      try {
        await writeFile(`${file}.new`, JSON.stringify(state(), null, 1), { mode: 0o600 });
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
