import { describe, expect, it } from 'vitest';
import { type Row, withoutEmpty } from './part.ts';
import { count, markdownTable, terminalTable } from './table.ts';

const limit = { en: 'It forgets.', zh: '它会忘记。' };
const missing = { en: 'Go is not installed.', zh: '未安装 Go。' };
const good: Row = { name: 'a program', version: '1.0', held: 3, failures: [] };
const limited: Row = { ...good, name: 'another', remarks: [limit] };
const skipped: Row = { ...good, name: 'a third', held: 0, skipped: missing };
const broken: Row = { ...good, name: 'a fourth', failures: ['a token: accepted'] };
const of = (...rows: Row[]) => [
  { title: { en: 'Tokens', zh: '令牌' }, did: { en: 'verifies', zh: '验证' }, rows },
];

describe('the table of outside programs', () => {
  it('has a row for each program, and says once what the part does', () => {
    expect(
      markdownTable(of(good, { ...good, name: 'another' }), 'en')
        .split('\n')
        .slice(2),
    ).toEqual(['| Tokens | a program | 1.0 | verifies | ✓ 3 |', '|  | another | 1.0 |  | ✓ 3 |']);
  });

  it('explains limits and skipped programs below, in both languages', () => {
    const results = of(limited, skipped, limited);
    expect(markdownTable(results, 'en')).toMatch(
      /✓ 3 \(1\) \|\n.*skipped \(2\) \|\n.*✓ 3 \(1\) \|\n\n1\. It forgets\.\n2\. Go is not installed\.$/,
    );
    expect(markdownTable(results, 'zh')).toMatch(
      /跳过 \(2\)[\s\S]*1\. 它会忘记。\n2\. 未安装 Go。$/,
    );
  });

  it('shows in the terminal what failed', () => {
    expect(terminalTable(of(broken))).toContain('failed: a token: accepted');
    expect(markdownTable(of(broken), 'en')).toContain('✗ 1');
  });

  it('has a failure where nothing was checked, or no program was tried', () => {
    const empty: Row = { ...good, held: 0 };
    const failures = ['nothing was checked'];
    expect(withoutEmpty('a part', [good, skipped, empty])).toEqual([
      good,
      skipped,
      { ...empty, failures },
    ]);
    expect(withoutEmpty('a part', [])).toMatchObject([{ failures: ['nothing was tried'] }]);
  });

  it('counts checks that held or failed, and programs that were skipped', () => {
    expect(count(of(good, limited, skipped, broken))).toEqual({ held: 9, failed: 1, skipped: 1 });
  });
});
