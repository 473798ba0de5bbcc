import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { setBehaviour } from '../../packages/emulator/source/admin/behaviour.ts';
import { ROUTES } from '../../packages/emulator/source/api/routes.ts';
import { readCompany } from '../../packages/emulator/source/companyFile.ts';
import { SWITCHES } from '../../packages/emulator/source/console/switchTexts.ts';
import { DEFAULT_BEHAVIOUR } from '../../packages/emulator/source/options.ts';
import { readMarkdown } from '../docs/markdown.ts';

describe.each(['README.md', 'README.zh-CN.md'])('%s of the emulator', (name) => {
  const file = `packages/emulator/${name}`;
  const text = readFileSync(file, 'utf8');

  it('lists every switch with its default and its other values', () => {
    const rows = text.matchAll(/^\| `(\w+)` \| `(\w+)` \| ([^|]*) \|/gm);
    const listed = [...rows].map(([, key = '', value = '', others = '']) => ({
      key,
      value,
      others,
    }));
    expect(Object.fromEntries(listed.map(({ key, value }) => [key, value]))).toEqual(
      Object.fromEntries(
        Object.entries(DEFAULT_BEHAVIOUR).map(([key, value]) => [key, String(value)]),
      ),
    );
    for (const { key, others } of listed) {
      for (const [, other = ''] of others.matchAll(/`(\w+)`/g)) {
        const value = /^\d+$/.test(other)
          ? Number(other)
          : /^(true|false)$/.test(other)
            ? other === 'true'
            : other;
        setBehaviour({ ...DEFAULT_BEHAVIOUR }, { [key]: value });
      }
    }
  });

  it('says of each switch what the console says', () => {
    const language = name === 'README.md' ? 'en' : 'zh';
    const rows = text.matchAll(/^\| `(\w+)` \| `\w+` \| [^|]* \| ([^|]*) \| ([^|]*) \|$/gm);
    const listed = [...rows].map(([, key, meaning, document]) => [
      key,
      meaning,
      /^\d+$/.test(document ?? '') ? Number(document) : undefined,
    ]);
    expect(listed.sort()).toEqual(
      Object.entries(SWITCHES)
        .map(([key, rule]) => [key, rule[language], rule.document])
        .sort(),
    );
  });

  it('lists every endpoint with its document', () => {
    const rows = text.matchAll(/^\| `([a-z0-9_/]+)` \| (\d+) \|$/gm);
    const listed = [...rows].map(([, path, document]) => [`/cgi-bin/${path}`, Number(document)]);
    expect(listed.sort()).toEqual(
      [...ROUTES].map(([path, { document }]) => [path, document]).sort(),
    );
  });

  it('has a company that can be read', () => {
    const block = readMarkdown(file).blocks.find(({ lines }) => lines.join().includes('"corpid"'));
    const folder = mkdtempSync(join(tmpdir(), 'emulator-readme-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const written = join(folder, 'company.json');
    writeFileSync(written, block?.lines.join('\n') ?? '');
    expect(readCompany(written).members).toMatchObject([{ userid: 'zhangsan', status: 1 }]);
  });
});
