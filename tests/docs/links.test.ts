import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorOf, readMarkdown } from './markdown.ts';

const documents = globSync(
  ['*.md', 'packages/*/*.md', 'docs/**/*.md', 'bench/*.md', '.github/**/*.md'],
  // What somebody installed for an example.
  { exclude: ['**/node_modules', '**/.venv'] },
);
const scriptsOf = (manifest: string) =>
  Object.keys(JSON.parse(readFileSync(manifest, 'utf8')).scripts ?? {});
const scripts = scriptsOf('package.json');
/** Folders of which a path in a text must exist. */
const FOLDERS =
  /^(?:\.ci|\.github|bench|commands|docs|events|functions|lib|local|packages|resources|stages|tests)\/[\w./-]+$/;

describe.each(documents)('%s', (document) => {
  const { links, inlineCode, blocks } = readMarkdown(document);

  it('links to files and headings that exist', () => {
    for (const link of links.filter((each) => !/^https?:/.test(each))) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? document : join(dirname(document), path);
      expect(existsSync(target), `${link} in ${document}`).toBe(true);
      if (anchor === undefined) continue;
      const anchors = readMarkdown(target).headings.map(({ text }) => anchorOf(text));
      expect(anchors, `${link} in ${document}`).toContain(decodeURIComponent(anchor));
    }
  });

  it('names commands and files that exist', () => {
    const lines = blocks.filter(({ language }) => language === 'sh').flatMap(({ lines }) => lines);
    const text = [...inlineCode, ...lines].join('\n');
    const own = join(dirname(document), 'package.json');
    const known = existsSync(own) ? [...scripts, ...scriptsOf(own)] : scripts;
    for (const [, script = ''] of text.matchAll(/\bnpm run (?:-s )?(\w[\w:-]*)/g)) {
      expect(known, `npm run ${script} in ${document}`).toContain(script);
    }
    const words = [...inlineCode, ...lines.flatMap((line) => line.split(' '))];
    for (const path of words.filter((word) => FOLDERS.test(word))) {
      expect(existsSync(path), `${path} in ${document}`).toBe(true);
    }
  });
});
