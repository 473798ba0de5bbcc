import { writeFileSync } from 'node:fs';
import { errorCatalogue } from './errorCatalogue/markdown.ts';

/** `npm run docs:errors`. */
writeFileSync('docs/errors.md', errorCatalogue());
