import { dirname, relative } from 'node:path';
import type { Bilingual } from '../../lib/bilingual.ts';
import type { Entry, Tests } from './entry.ts';
import * as items from './items.ts';
import { promises } from './promises.ts';
import * as rfc9700 from './rfc9700.ts';

/*
 * The parts of the documents that are written from the entries: the checklist, and the promises in
 * SECURITY.md.
 */

export type Language = keyof Bilingual;

interface Section {
  readonly title: Bilingual;
  readonly entries: readonly Entry[];
}

/** The sections of the checklist. */
export const sections: readonly Section[] = [
  { title: { en: 'Identity flow', zh: '身份流程' }, entries: items.identityFlow },
  { title: { en: 'Authorization', zh: '授权' }, entries: items.authorization },
  { title: { en: 'Transport and parsing', zh: '传输与解析' }, entries: items.parsing },
  { title: { en: 'Callbacks', zh: '回调' }, entries: items.callbacks },
  { title: { en: 'WeCom as upstream', zh: '上游的企业微信' }, entries: items.upstream },
  { title: { en: 'Leakage and supply chain', zh: '泄漏与供应链' }, entries: items.leakage },
  {
    title: { en: 'RFC 9700, section 2: best practices', zh: 'RFC 9700 第 2 节：最佳实践' },
    entries: rfc9700.recommendations,
  },
  {
    title: { en: 'RFC 9700, section 4: attacks', zh: 'RFC 9700 第 4 节：攻击' },
    entries: rfc9700.attacks,
  },
];

const STATES: Readonly<Record<Entry['state'], Bilingual>> = {
  held: { en: 'held', zh: '有测试' },
  open: { en: '**open**', zh: '**未完成**' },
  'not applicable': { en: 'not applicable', zh: '不适用' },
};

const TEXTS = {
  en: {
    title: 'Security checklist',
    intro: [
      'What a WeCom sign-in back end can be measured against, and RFC 9700 (BCP 240, Best Current Practice for OAuth 2.0 Security) section by section. [SECURITY.md](../SECURITY.md) has the promises.',
      '**held**: the tests show all of it. **open**: a part is not done, or no test shows it. **not applicable**: there is nothing here that it could be about. `tests/security/checklist.test.ts` checks that every test named here exists and runs. This page is written by `npm run docs:security` from `tests/security/`.',
      'In the title of a test, `%s`, `%j`, `%i` and `$id` stand for the cases of a table.',
    ],
    head: '| | demand | state | tests |',
    total: (count: Readonly<Record<Entry['state'], number>>) =>
      `${count.held} held, ${count.open} open, ${count['not applicable']} not applicable.`,
  },
  zh: {
    title: '安全检查表',
    intro: [
      '企业微信登录后端可以对照的各项要求，以及逐节对照的 RFC 9700（BCP 240，OAuth 2.0 安全最佳当前实践）。承诺见 [SECURITY.zh-CN.md](../../SECURITY.zh-CN.md)。',
      '**有测试**：测试覆盖全部内容。**未完成**：有一部分没有做到，或没有测试。**不适用**：这里没有与之相关的内容。`tests/security/checklist.test.ts` 检查此处列出的每个测试都存在并会运行。本页由 `npm run docs:security` 根据 `tests/security/` 生成。',
      '测试标题中的 `%s`、`%j`、`%i` 和 `$id` 代表表格中的各个用例。',
    ],
    head: '| | 要求 | 状态 | 测试 |',
    total: (count: Readonly<Record<Entry['state'], number>>) =>
      `有测试 ${count.held} 项，未完成 ${count.open} 项，不适用 ${count['not applicable']} 项。`,
  },
} as const;

/** The file of each language. */
export const CHECKLIST = {
  en: 'docs/security-checklist.md',
  zh: 'docs/zh-CN/security-checklist.md',
} as const;
export const POLICY = { en: 'SECURITY.md', zh: 'SECURITY.zh-CN.md' } as const;

/** @returns the whole text of docs/security-checklist.md or of its translation */
export function checklist(language: Language): string {
  const { title, intro, head, total } = TEXTS[language];
  const states = sections.flatMap(({ entries }) => entries.map(({ state }) => state));
  const count = Object.fromEntries(
    Object.keys(STATES).map((state) => [state, states.filter((each) => each === state).length]),
  ) as Record<Entry['state'], number>;
  return [
    `# ${title}`,
    ...intro,
    total(count),
    ...sections.flatMap((section) => [
      `## ${section.title[language]}`,
      [head, '| --- | --- | --- | --- |', ...section.entries.map(row(language))].join('\n'),
    ]),
  ]
    .join('\n\n')
    .concat('\n');
}

const row = (language: Language) => (entry: Entry) => {
  const text = [entry.text, entry.remark].flatMap((part) => part?.[language] ?? []).join('<br>');
  const tests = testLines(entry.tests, CHECKLIST[language]).join('<br>');
  return `| ${entry.id} | ${text} | ${STATES[entry.state][language]} | ${tests} |`;
};

const BEGIN = '<!-- Written by npm run docs:security from tests/security/promises.ts -->';
const END = '<!-- End of what is written -->';

/**
 * @param text of SECURITY.md or of its translation
 * @returns the text with the current promises between its two marks
 * @throws Error if it has no marks
 */
export function withPromises(text: string, language: Language): string {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${POLICY[language]} has no marks for the promises`);
  const list = promises.flatMap((promise) => [
    `${promise.id}. ${promise.text[language]}`,
    ...testLines(promise.tests, POLICY[language]).map((line) => `   - ${line}`),
  ]);
  return [before, BEGIN, '\n\n', list.join('\n'), '\n\n', END, after].join('');
}

/** @param document in which the links stand */
function testLines(tests: Tests, document: string): string[] {
  return Object.entries(tests).map(([name, titles]) => {
    const file = relative(dirname(document), fileOf(name));
    return `[${name}](${file}): ${titles.map((title) => `\`${title}\``).join('; ')}`;
  });
}

/** @param name the key of an entry's tests @returns the path from the root of the repository */
export function fileOf(name: string): string {
  return `tests/${name}.test.ts`;
}
