import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../commands/errorCatalogue.ts';
import { REFUSALS } from '../../lib/openid/refusal.ts';
import { errcodes } from '../../lib/wecom/errcodes.ts';

describe('docs/errors.md', () => {
  it('is what the code says: run npm run docs:errors', () => {
    expect(readFileSync('docs/errors.md', 'utf8')).toBe(errorCatalogue());
  });

  it('has every errcode, in both languages, with what to do', () => {
    const rows = errorCatalogue().split('\n');
    for (const { errcode, meaning, remedy } of errcodes()) {
      for (const language of ['zh', 'en'] as const) {
        const row = rows.find(
          (line) => line.startsWith(`| ${errcode} |`) && line.includes(meaning[language]),
        );
        expect(row).toContain(remedy[language]);
        expect(row?.match(/(?<!\\)\|/g)).toHaveLength(6);
      }
    }
  });

  it('has every refusal of the OpenID provider, in both languages, with what to do', () => {
    const rows = errorCatalogue().split('\n');
    for (const [error, { meaning, remedy }] of Object.entries(REFUSALS)) {
      for (const language of ['zh', 'en'] as const) {
        const row = `| \`${error}\` | ${meaning[language]} | ${remedy[language]} |`;
        expect(rows).toContain(row);
      }
    }
  });
});
