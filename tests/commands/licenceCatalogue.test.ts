import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { licenceCatalogue } from '../../commands/licenceCatalogue.ts';
import { buildConsole } from '../../console/build.mjs';

describe('docs/licences.md', () => {
  it('is what package-lock.json says: run npm run docs:licences', () => {
    expect(readFileSync('docs/licences.md', 'utf8')).toBe(licenceCatalogue());
  });

  it('says that the page has the licence of Preact in its script', async () => {
    const files = Object.values(await buildConsole());
    const script = files.find(({ type }) => type === 'text/javascript')?.body ?? '';
    expect(script).toMatch(/^\/\*! preact\n/);
    expect(script).toContain(readFileSync('node_modules/preact/LICENSE', 'utf8').trim());
  });
});
