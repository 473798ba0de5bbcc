export type { Bilingual } from '../../lib/bilingual.ts';
export { languageOf, type Say } from '../language.ts';
