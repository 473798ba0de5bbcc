import { globSync } from 'node:fs';
import { isSafePattern } from 'redos-detector';
import { describe, expect, it } from 'vitest';
import { nodesOf } from '../harness/syntax.ts';

const FILES = globSync('{functions,lib,packages/client/source}/**/*.ts').sort();

/** Backtracking is bounded for these, for a reason that the analysis cannot find. */
const BOUNDED: Record<string, string> = {
  '/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})$/':
    'The lookahead ends it at 253 characters.',
  "/^(?:[\\s']*[=+\\-@＝＋－＠]|'*[\\t\\r\\n])/":
    'It begins at one place, and each of its two loops has one way through a text.',
  '/\\/+$/': 'A base URL of the environment: Lambda allows 4 kB.',
  '/\\{\\w+\\}/': "A route of the code's own.",
  '/"(?:[^"\\\\]|\\\\.)*"(?:\\s*:)?/g':
    'Runs on valid JSON only, where every quote begins a text that ends.',
  '/,?\\s*(hint:|from ip:|more info at )/': 'An errmsg is cut to 1 000 characters before.',
};

interface Found {
  readonly pattern: string;
  readonly flags: string;
  readonly file: string;
}

const literals: Found[] = [];
const constructed: string[] = [];
for (const file of FILES) {
  for (const { type, regex, callee } of nodesOf(file)) {
    if (type === 'Literal' && regex !== undefined) {
      literals.push({ ...(regex as { pattern: string; flags: string }), file });
    }
    if (/^(New|Call)Expression$/.test(type) && (callee as { name?: string }).name === 'RegExp') {
      constructed.push(file);
    }
  }
}
const expressions = [
  ...new Map(literals.map((found) => [`/${found.pattern}/${found.flags}`, found])),
];

/** Counts steps instead of time. A score is the number of ways to match, which input may multiply. */
function isLinear({ pattern, flags }: Found): boolean {
  return isSafePattern(pattern, {
    caseInsensitive: flags.includes('i'),
    unicode: flags.includes('u'),
    dotAll: flags.includes('s'),
    multiLine: flags.includes('m'),
    maxScore: 200,
    maxSteps: 20_000,
    timeout: Number.POSITIVE_INFINITY,
  }).safe;
}

describe('a regular expression of functions and lib', () => {
  it.each(expressions.filter(([text]) => !(text in BOUNDED)))(
    'does not backtrack without bound, whatever the text: %s',
    (_text, found) => {
      expect(isLinear(found), found.file).toBe(true);
    },
  );

  it('is in the list of exceptions only while it is in the code', () => {
    expect(expressions.map(([text]) => text)).toEqual(expect.arrayContaining(Object.keys(BOUNDED)));
  });

  it('is written out, and never made of what somebody sent', () => {
    // It is made of the paths of its own table.
    expect(constructed).toEqual(['lib/http/routes.ts']);
  });
});
