import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { describe, expect, it } from 'vitest';

const architecture = readFileSync('docs/architecture.md', 'utf8');
const [, table = ''] = architecture.split('## Where each promise is tested');
/** A path, and what is to be found there. */
const places = [
  ...table.matchAll(/`([\w./]+\.test\.ts|local\/\w+)`(?: › ([^|`]+?))?(?=, `| \||, and)/g),
].map(([, path = '', name = '']) => [path, name] as const);

describe('where docs/architecture.md says that a promise is tested', () => {
  it('is said of every capability', () => {
    expect(table.match(/^\| \*\*.+\*\* \| \|$/gm)).toHaveLength(8);
    expect(places.length).toBeGreaterThan(80);
  });

  it.each(places)('%s has: %s', (path, name) => {
    expect(existsSync(`tests/${path}`)).toBe(true);
    if (name) expect(readFileSync(`tests/${path}`, 'utf8')).toContain(name);
  });
});

describe('what docs/architecture.md says that a folder of lib/ imports from', () => {
  const folders = readdirSync('lib', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it.each(folders.filter((name) => name !== 'services'))('is what it does: %s', (folder) => {
    const [, said = ''] =
      new RegExp(`^\\| \`lib/${folder}\` \\|.*\\| (.+) \\|$`, 'm').exec(architecture) ?? [];
    expect(said).toBe(
      importsOf(folder)
        .map((name) => `\`${name}\``)
        .join(', ') || '–',
    );
  });

  function importsOf(folder: string): string[] {
    const files = readdirSync(`lib/${folder}`).map((name) => `lib/${folder}/${name}`);
    const found = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(
        ([, path = '']) => dirname(join(dirname(file), path)).replace('lib/', ''),
      ),
    );
    return [...new Set(found)].filter((name) => ![folder, 'lib'].includes(name)).sort();
  }
});
