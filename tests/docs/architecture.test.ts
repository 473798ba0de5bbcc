import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const [, table = ''] = readFileSync('docs/architecture.md', 'utf8').split(
  '## Where each promise is tested',
);
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
