import { readFileSync } from 'node:fs';

/** A model in Promela, and the definitions with which it is explored. */
export interface Model {
  readonly file: string;
  /** How many assertions it has. */
  readonly properties: number;
  /** Each is explored whole: other definitions turn other properties on. */
  readonly whole: readonly Definitions[];
  /** The same with fewer states. */
  readonly quick: readonly Definitions[];
  /** Each mutation of a condition is found with one of these. */
  readonly mutated: readonly Definitions[];
}

type Definitions = readonly string[];

const TWO = '-DINSTANCES=2';
const THREE = '-DINSTANCES=3';
const BREAKER = ['-DREVISIONS=2'];

export const MODELS: readonly Model[] = [
  {
    file: 'lib/token/tokenLease.pml',
    whole: [
      [THREE, '-DRECOVERY'],
      [THREE, '-DPROMPT'],
    ],
    quick: [
      [TWO, '-DRECOVERY'],
      [TWO, '-DPROMPT'],
    ],
    mutated: [
      [TWO, '-DRECOVERY'],
      [TWO, '-DPROMPT'],
    ],
  },
  {
    file: 'lib/token/breaker.pml',
    // Not explored whole: two instances with both an hour of six units and clocks that differ, and three with
    // either.
    whole: [
      [...BREAKER, TWO, '-DHOUR=3', '-DRECOVERY'],
      [...BREAKER, TWO, '-DONE_CLOCK', '-DRECOVERY'],
      [...BREAKER, THREE, '-DHOUR=3', '-DONE_CLOCK'],
    ],
    quick: [[...BREAKER, TWO, '-DHOUR=3', '-DONE_CLOCK']],
    mutated: [
      [...BREAKER, TWO, '-DHOUR=3'],
      [...BREAKER, TWO, '-DONE_CLOCK'],
    ],
  },
  { file: 'lib/signin/stateRedemption.pml', whole: [[THREE]], quick: [[TWO]], mutated: [[TWO]] },
].map((model) => ({ ...model, properties: propertiesOf(model.file) }));

function propertiesOf(file: string): number {
  return readFileSync(file, 'utf8').match(/\bassert\(/g)?.length ?? 0;
}
