import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/proof.md', 'utf8');
const tables = [...page.matchAll(/<!-- (\w+) -->\n\n([\s\S]*?)\n\n<!-- \/\1 -->/g)];

describe('docs/proof.md', () => {
  it('has the places that npm run proof writes to', () => {
    expect(tables.map(([, name]) => name)).toEqual(['mutation', 'coverage', 'conformance']);
  });

  it('has commit and date with every figure', () => {
    for (const [, , text = ''] of tables) {
      if (text === 'Not measured since the page exists.') continue;
      const [head, , ...rows] = text.split('\n');
      expect(head).toMatch(/ \| commit \| date \|$/);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(row).toMatch(/ \| [0-9a-f]{7,} \| \d{4}-\d{2}-\d{2} \|$/);
    }
  });
});
