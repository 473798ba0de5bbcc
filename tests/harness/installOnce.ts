import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';

/**
 * Copies a folder and installs in the copy, unless an earlier run did so with the same files. Copies of
 * other versions of the folder are deleted.
 *
 * @param source the folder, with the pinned versions and the programs
 * @param keptIn where copies are kept
 * @param install gets the copy
 * @returns the copy's absolute path
 */
export async function installOnce(
  source: string,
  keptIn: string,
  install: (directory: string) => Promise<void>,
): Promise<string> {
  const folder = basename(source);
  const directory = resolve(keptIn, `${folder}-${digestOf(source)}`);
  const mark = join(directory, 'installed');
  if (existsSync(mark)) return directory;
  mkdirSync(keptIn, { recursive: true });
  for (const older of readdirSync(keptIn)) {
    if (older.startsWith(`${folder}-`)) rmSync(join(keptIn, older), { recursive: true });
  }
  cpSync(source, directory, { recursive: true });
  await install(directory);
  writeFileSync(mark, '');
  return directory;
}

function digestOf(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const path of files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .sort()) {
    hash.update(path).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 12);
}
