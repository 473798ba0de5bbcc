import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What is installed while the command runs. Git ignores it; it may be deleted at any time. */
export const CACHE = 'artifacts/deployment';

/**
 * Installs a thing once for each text that names its versions.
 *
 * @param pins the text: a list of requirements, a lock file, a version
 * @param file of the folder, which is returned as an absolute path
 * @param install fills the folder. What it leaves behind when it fails is not used
 */
export async function cached(
  name: string,
  pins: string,
  file: string,
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(pins).digest('hex').slice(0, 12);
  const folder = resolve(CACHE, `${name}-${hash}`);
  const complete = join(folder, '.complete');
  if (!existsSync(complete)) {
    console.error(`installing ${name} …`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await install(folder);
    writeFileSync(complete, '');
  }
  return join(folder, file);
}
