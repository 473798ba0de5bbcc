import { writeFileSync } from 'node:fs';
import type { Bilingual } from '../lib/bilingual.ts';
import { type Errcode, errcodes, type Fault, type Reaction } from '../lib/wecom/errcodes.ts';

type Language = keyof Bilingual;

/** The response of a sign-in, in the words of the status table. */
const RESPONSES: Record<Reaction, Bilingual> = {
  refuse: { en: '401 with the errcode', zh: '401，带错误码' },
  'renew-token': {
    en: 'another access_token and one more try; then 401 with the errcode',
    zh: '换取新的 access_token 并重试一次；仍失败则 401，带错误码',
  },
  'retry-later': { en: '503 with Retry-After', zh: '503，带 Retry-After' },
  misconfigured: { en: '500; the log says what to do', zh: '500；日志说明处理办法' },
};

const FAULTS: Record<Fault, Bilingual> = {
  visitor: { en: 'the visitor', zh: '访问者' },
  administrator: { en: "the administrator, in WeCom's console", zh: '企业微信管理员（管理后台）' },
  operator: { en: 'the operator, in the settings', zh: '运维（配置）' },
  wecom: { en: 'WeCom', zh: '企业微信' },
  'wecom-auth': { en: 'wecom-auth: a defect', zh: 'wecom-auth 的缺陷' },
};

const TEXTS = {
  en: {
    title: 'In English',
    head: '| errcode | what it means | who can mend it | what a sign-in answers | what to do |',
  },
  zh: {
    title: '中文',
    head: '| errcode | 含义 | 由谁处理 | 登录时的回答 | 处理办法 |',
  },
} as const;

const row = (language: Language) => (entry: Errcode) =>
  [
    entry.errcode,
    entry.meaning[language],
    FAULTS[entry.fault][language],
    RESPONSES[entry.reaction][language],
    entry.remedy[language],
  ]
    .map((cell) => String(cell).replaceAll('|', '\\|'))
    .join(' | ');

const table = (language: Language) =>
  [
    `## ${TEXTS[language].title}`,
    '',
    TEXTS[language].head,
    '| ---: | --- | --- | --- | --- |',
    ...errcodes().map((entry) => `| ${row(language)(entry)} |`),
  ].join('\n');

/** @returns the text of docs/errors.md: the catalogue of lib/wecom/errcodes.ts */
export function errorCatalogue(): string {
  return `# Errcodes of WeCom · 企业微信错误码

[In English](#in-english) · [中文](#中文)

Made from \`lib/wecom/errcodes.ts\` by \`npm run docs:errors\`: change it there. The same words stand in the log line of a failure (\`advice\`, \`adviceZh\`), and \`npm run doctor\` says them too.
本页由 \`npm run docs:errors\` 从 \`lib/wecom/errcodes.ts\` 生成，请勿直接修改。失败时的日志（\`advice\`、\`adviceZh\`）与 \`npm run doctor\` 给出相同的说明。

An errcode that is not here ends a sign-in with 401; see <https://open.work.weixin.qq.com/devtool/query?e=ERRCODE>. Everything else that can go wrong is in [operations.md](operations.md).
此处没有的错误码会以 401 结束登录，可在 <https://open.work.weixin.qq.com/devtool/query?e=ERRCODE> 查询。其他故障见 [operations.md](operations.md)。

${table('en')}

${table('zh')}
`;
}

// `npm run docs:errors`; the tests only import.
if (import.meta.main) writeFileSync('docs/errors.md', errorCatalogue());
