import { readFileSync } from 'node:fs';

/** A model in Promela, and how it is explored. */
export interface Model {
  readonly file: string;
  /** Each is explored: other definitions turn other properties on. */
  readonly variants: readonly (readonly string[])[];
  readonly quick: readonly string[];
  readonly whole: readonly string[];
  /** How many assertions it has. An invalid end state is one more. */
  readonly properties: number;
}

const TWO = ['-DINSTANCES=2'];
const THREE = ['-DINSTANCES=3'];

export const MODELS: readonly Model[] = [
  {
    file: 'lib/token/tokenLease.pml',
    variants: [['-DRECOVERY'], ['-DPROMPT']],
    quick: TWO,
    whole: THREE,
  },
  {
    file: 'lib/token/breaker.pml',
    variants: [['-DRECOVERY']],
    quick: [...TWO, '-DREVISIONS=2'],
    whole: [...TWO, '-DREVISIONS=3'],
  },
  { file: 'lib/signin/stateRedemption.pml', variants: [[]], quick: TWO, whole: THREE },
].map((model) => ({ ...model, properties: propertiesOf(model.file) }));

function propertiesOf(file: string): number {
  return readFileSync(file, 'utf8').match(/\bassert\(/g)?.length ?? 0;
}
