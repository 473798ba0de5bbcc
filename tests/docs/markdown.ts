import { readFileSync } from 'node:fs';

/** A fenced block of code. */
export interface CodeBlock {
  /** The text after the opening fence, such as `sh`. */
  readonly language: string;
  readonly lines: readonly string[];
}

/** The parts of a document that the tests compare. */
export interface Markdown {
  readonly headings: readonly { readonly level: number; readonly text: string }[];
  readonly blocks: readonly CodeBlock[];
  /** The texts between backticks outside of blocks, in order. */
  readonly inlineCode: readonly string[];
  /** Targets of links and images outside of blocks and inline code. */
  readonly links: readonly string[];
  /** The number of table rows and list items in each section. */
  readonly sections: readonly { readonly rows: number; readonly items: number }[];
}

const FENCE = /^\s*```(.*)$/;

/** @param file a path from the root of the repository */
export function readMarkdown(file: string): Markdown {
  const headings: { level: number; text: string }[] = [];
  const blocks: { language: string; lines: string[] }[] = [];
  const sections = [{ rows: 0, items: 0 }];
  const prose: string[] = [];
  let inBlock = false;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const fence = FENCE.exec(line);
    if (fence) {
      inBlock = !inBlock;
      if (inBlock) blocks.push({ language: fence[1] ?? '', lines: [] });
      continue;
    }
    if (inBlock) {
      blocks.at(-1)?.lines.push(line.trim());
      continue;
    }
    prose.push(line);
    const heading = /^(#+) (.+)$/.exec(line);
    if (heading) {
      headings.push({ level: heading[1]?.length ?? 0, text: heading[2] ?? '' });
      sections.push({ rows: 0, items: 0 });
    }
    const section = sections.at(-1);
    if (section && line.startsWith('|')) section.rows += 1;
    if (section && /^\s*(?:-|\d+\.) /.test(line)) section.items += 1;
  }
  const text = prose.join('\n');
  return {
    headings,
    blocks,
    inlineCode: [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code),
    links: [...text.replace(/`[^`]+`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(
      ([, target = '']) => target,
    ),
    sections,
  };
}

/** The anchor that GitHub gives a heading. */
export function anchorOf(heading: string): string {
  return heading
    .replaceAll('`', '')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}
