import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLIENTS, type Client, versionOf } from './clients.ts';
import { rowOf, tables } from './table.ts';

const fault = { en: 'It forgets.', zh: '它会忘记。' };
const client = { name: 'a client', faults: { refresh: fault } } as unknown as Client;
const refused = { state: 'fails', reason: '40014' } as const;
const works = { state: 'works' } as const;

describe('the table of clients', () => {
  it('explains a known fault below, in both languages', () => {
    const row = rowOf(client, '1.0', { refresh: refused, user: works, tags: { state: 'absent' } });
    expect(row.problems).toEqual([]);
    expect(tables([row]).en).toMatch(
      /^\| a client \| 1\.0 \|.* ✓ \|.* – \|.* ✗ 1 \|[\s\S]*1\. It forgets\.$/m,
    );
    expect(tables([row]).zh).toContain('1. 它会忘记。');
  });

  it('has a problem with a failure that is not known', () => {
    const { problems } = rowOf(client, '1.0', { user: refused });
    expect(problems).toEqual(['a client, user: 40014']);
  });

  it('has a problem with a known fault that is gone', () => {
    const { problems } = rowOf(client, '1.0', { refresh: works });
    expect(problems).toEqual(['a client, refresh: works, but is listed as a fault']);
  });

  it('says why a client was not tried', () => {
    const row = rowOf(client, '1.0', {}, { en: 'php is not installed.', zh: '未安装 php。' });
    expect(tables([row]).en).toContain('1. Not tried: a client 1.0. php is not installed.');
  });

  it.each(['README.md', 'README.zh-CN.md'])('is in %s with every pinned version', (file) => {
    const readme = readFileSync(`packages/emulator/${file}`, 'utf8');
    const [, table = ''] = /<!-- clients -->([\s\S]*)<!-- \/clients -->/.exec(readme) ?? [];
    for (const each of CLIENTS) {
      expect(table).toMatch(
        new RegExp(`${each.name.replace(/[()/.]/g, '.')} (\\| )?${versionOf(each)}\\b`),
      );
    }
  });
});
