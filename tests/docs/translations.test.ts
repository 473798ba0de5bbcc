import { globSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CodeBlock, readMarkdown } from './markdown.ts';

const translations = [
  ['README.md', 'README.zh-CN.md'],
  ['SECURITY.md', 'SECURITY.zh-CN.md'],
  ['packages/emulator/README.md', 'packages/emulator/README.zh-CN.md'],
  ['packages/client/README.md', 'packages/client/README.zh-CN.md'],
  ['docs/front-end/README.md', 'docs/zh-CN/front-end.md'],
  ['docs/local.md', 'docs/zh-CN/local.md'],
  ['docs/permissions.md', 'docs/zh-CN/permissions.md'],
  ['docs/callbacks.md', 'docs/zh-CN/callbacks.md'],
  ['docs/events.md', 'docs/zh-CN/events.md'],
  ['docs/interop.md', 'docs/zh-CN/interop.md'],
  ['docs/go-live.md', 'docs/zh-CN/go-live.md'],
  ['docs/operations.md', 'docs/zh-CN/operations.md'],
  ['docs/security.md', 'docs/zh-CN/security.md'],
  ['docs/comparison.md', 'docs/zh-CN/comparison.md'],
  ['docs/security-checklist.md', 'docs/zh-CN/security-checklist.md'],
  ['docs/examples/README.md', 'docs/examples/README.zh-CN.md'],
  ...globSync('docs/examples/*/README.md').map(
    (english) => [english, english.replace('.md', '.zh-CN.md')] as const,
  ),
  ...readdirSync('docs/relying-parties').map(
    (name) => [`docs/relying-parties/${name}`, `docs/zh-CN/relying-parties/${name}`] as const,
  ),
] as const;

/** @returns the block without the texts that are translated: comments, notes and printed tables */
function untranslated({ language, lines }: CodeBlock): CodeBlock {
  // What a command prints follows the language of the terminal.
  const isOutput = language === 'text' && lines.some((line) => line.startsWith('┌'));
  if (isOutput) return { language, lines: [] };
  const plain = lines.map((line) =>
    line.replace(/(^| )\/\/ .*$/, '').replace(/--note "[^"]*"/, '--note "…"'),
  );
  return { language, lines: plain };
}

const sorted = (texts: Iterable<string>) => [...new Set(texts)].sort();

describe.each(translations)('%s and %s', (english, chinese) => {
  const en = readMarkdown(english);
  const zh = readMarkdown(chinese);

  it('have headings of the same levels in the same order', () => {
    expect(zh.headings.map(({ level }) => level)).toEqual(en.headings.map(({ level }) => level));
  });

  it('have the same commands and code in the same order', () => {
    expect(zh.blocks.map(untranslated)).toEqual(en.blocks.map(untranslated));
  });

  it('name the same commands, settings, errors and files in their text', () => {
    expect(sorted(zh.inlineCode)).toEqual(sorted(en.inlineCode));
  });

  it('have as many rows of tables and items of lists under each heading', () => {
    expect(zh.sections).toEqual(en.sections);
  });
});

describe('docs/zh-CN', () => {
  it('has no document without an English one', () => {
    const known = translations.map(([, chinese]) => chinese);
    const files = readdirSync('docs/zh-CN', { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.md'))) {
      expect(known).toContain(`docs/zh-CN/${file}`);
    }
  });

  it('addresses the reader as 你, not as 您', () => {
    for (const [, chinese] of translations) {
      expect(readFileSync(chinese, 'utf8')).not.toContain('您');
    }
  });
});
