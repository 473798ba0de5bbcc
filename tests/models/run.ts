import { MODELS, type Model } from './models.ts';
import { compilerOf, explore, type Found, mutationsOf } from './spin.ts';

/*
 * npm run models              explores every model whole, and finds every mutation: minutes
 * npm run models -- --quick   fewer states, and no mutations: seconds
 *
 * A model without a mutation must have no violation. A mutation drops or weakens one condition of the
 * model, as MUTATE_... in its file, and must have one. Ends non-zero if anything is otherwise.
 */

const isQuick = process.argv.includes('--quick');
const compiler = compilerOf();
if (compiler === undefined) {
  console.log('skipped: spin is not installed, or no C compiler');
  process.exit(0);
}

const failures: string[] = [];
const rows = MODELS.map((model) => check(model, compiler));
console.table(rows);
for (const failure of failures) console.error(failure);
process.exit(failures.length > 0 ? 1 : 0);

function check(model: Model, cc: string) {
  const runs = (isQuick ? model.quick : model.whole).map((definitions) => {
    const found = explore(model.file, definitions, cc);
    if (!found.isWhole) {
      const reason = found.violation ?? 'not explored whole';
      failures.push(`${model.file} ${definitions.join(' ')}: ${reason}`);
    }
    return found;
  });
  const mutations = isQuick ? [] : mutationsOf(model.file);
  const missed = mutations.filter((mutation) => !isFound(model, mutation, cc));
  for (const mutation of missed) failures.push(`${model.file}: ${mutation} is not found`);
  const sum = (of: (found: Found) => number) => runs.reduce((total, found) => total + of(found), 0);
  return {
    model: model.file,
    states: sum(({ states }) => states),
    transitions: sum(({ transitions }) => transitions),
    depth: Math.max(...runs.map(({ depth }) => depth)),
    properties: model.properties,
    mutations: isQuick ? '-' : `${mutations.length - missed.length} of ${mutations.length}`,
    seconds: sum(({ seconds }) => seconds),
  };
}

function isFound(model: Model, mutation: string, cc: string): boolean {
  return model.mutated.some((definitions) => {
    return explore(model.file, [...definitions, `-D${mutation}`], cc).violation !== undefined;
  });
}
