import { readFileSync } from 'node:fs';
import type { Part } from './part.ts';

const DOCUMENT = 'docs/conformance.md';

/** Names the published run of a suite that is not installed here. */
export const conformance: Part = {
  name: 'conformance',
  title: { en: 'OpenID conformance', zh: 'OpenID 一致性' },
  did: {
    en: 'runs the certification plans against the provider',
    zh: '对 OpenID 提供方运行认证测试计划',
  },
  async run() {
    const [, version = '', day = ''] =
      /suite, version (\S+) .* on (\d{4}-\d\d-\d\d)/.exec(readFileSync(DOCUMENT, 'utf8')) ?? [];
    if (day === '') throw new Error(`${DOCUMENT} names no version and no day`);
    return [
      {
        ...{ name: 'OpenID Foundation’s suite', version, held: 0, failures: [] },
        skipped: {
          en: `The suite is on no package registry, so it is not run here. \`${DOCUMENT}\` has its results of ${day}; \`tests/functions/openidConformance.test.ts\` has a test for each of its modules.`,
          zh: `各软件包仓库均未提供该套件，因此此处不运行。\`${DOCUMENT}\` 有 ${day} 的结果；\`tests/functions/openidConformance.test.ts\` 对应其中每个模块都有一项测试。`,
        },
      },
    ];
  },
};
