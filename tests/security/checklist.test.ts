import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CHECKLIST,
  checklist,
  fileOf,
  type Language,
  POLICY,
  sections,
  withPromises,
} from './document.ts';
import type { Entry } from './entry.ts';
import { promises } from './promises.ts';
import { attacks, recommendations } from './rfc9700.ts';
import { type Titled, titlesOf } from './titles.ts';

const entries = [...promises, ...sections.flatMap((section) => section.entries)];
const idsOf = (list: readonly Entry[]) => list.map(({ id }) => id);

const read = new Map<string, Titled[]>();
function titlesIn(file: string): Titled[] {
  const known = read.get(file) ?? titlesOf(file);
  read.set(file, known);
  return known;
}

const named = entries.flatMap(({ tests }) =>
  Object.entries(tests).flatMap(([name, titles]) => titles.map((title) => [name, title] as const)),
);

describe('the checklist and the promises', () => {
  it.each([...new Set(named.map(([name]) => fileOf(name)))])(
    'name a file that exists: %s',
    (file) => {
      expect(existsSync(file)).toBe(true);
    },
  );

  it.each([...new Map(named.map((each) => [each.join(': '), each])).values()])(
    'name one test or group that exists and is not skipped: %s › %s',
    (name, title) => {
      const found = titlesIn(fileOf(name)).filter(({ path }) =>
        ` › ${path}`.endsWith(` › ${title}`),
      );
      expect(found.map(({ path }) => path)).toHaveLength(1);
      expect(found[0]?.isSkipped).toBe(false);
    },
  );

  it('have a test for all that is held', () => {
    const untested = entries.filter(
      ({ state, tests }) => state === 'held' && Object.values(tests).flat().length === 0,
    );
    expect(idsOf(untested)).toEqual([]);
  });

  it('say what is missing where something is open, and why where something does not apply', () => {
    for (const { id, state, remark } of entries.filter(({ state }) => state !== 'held')) {
      expect(remark?.en, `${id} is ${state}`).toMatch(/\.$/);
      expect(remark?.zh, `${id} is ${state}`).toMatch(/。$/);
    }
  });

  it('have each item once, in its order', () => {
    const demands = sections.slice(0, -2).flatMap((section) => section.entries);
    expect(idsOf(demands)).toEqual(Array.from({ length: 30 }, (_, at) => String(at + 1)));
    expect(idsOf(promises)).toEqual(promises.map((_, at) => String(at + 1)));
  });

  it('have each section of RFC 9700 with a recommendation or an attack once', () => {
    expect(idsOf(recommendations)).toEqual(
      '2.1 2.1.1 2.1.2 2.2.1 2.2.2 2.3 2.4 2.5 2.6'.split(' '),
    );
    expect(idsOf(attacks)).toEqual(Array.from({ length: 17 }, (_, at) => `4.${at + 1}`));
  });
});

describe.each<Language>(['en', 'zh'])('the documents in the language %s', (language) => {
  it('are what tests/security says: run npm run docs:security', () => {
    expect(readFileSync(CHECKLIST[language], 'utf8')).toBe(checklist(language));
    const policy = readFileSync(POLICY[language], 'utf8');
    expect(policy).toBe(withPromises(policy, language));
  });
});
