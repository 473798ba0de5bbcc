import { readFileSync, writeFileSync } from 'node:fs';
import { CHECKLIST, checklist, type Language, POLICY, withPromises } from './document.ts';

/* npm run docs:security   writes the checklist, and the promises of SECURITY.md, in both languages */

for (const language of ['en', 'zh'] satisfies Language[]) {
  writeFileSync(CHECKLIST[language], checklist(language));
  const policy = POLICY[language];
  writeFileSync(policy, withPromises(readFileSync(policy, 'utf8'), language));
}
