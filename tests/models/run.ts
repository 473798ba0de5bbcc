import { MODELS, type Model } from './models.ts';
import { compilerOf, explore, type Found, mutationsOf } from './spin.ts';

/*
 * npm run models              explores every model whole, with three instances
 * npm run models -- --quick   with two instances
 *
 * Each model is explored as it is, which must find no error, and once for each mutation of a condition,
 * which must find one. Prints a table, and ends non-zero if anything is otherwise.
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
  const definitions = isQuick ? model.quick : model.whole;
  const runs = model.variants.map((variant) => {
    const found = explore(model.file, [...definitions, ...variant], cc);
    if (!found.isWhole) {
      const reason = found.violation ?? 'not explored whole';
      failures.push(`${model.file} ${variant.join(' ')}: ${reason}`);
    }
    return found;
  });
  const mutations = mutationsOf(model.file);
  // A violation is in the smallest configuration that shows it, which is explored fastest.
  const missed = mutations.filter((mutation) => !isFound(model, mutation, cc));
  for (const mutation of missed) failures.push(`${model.file}: ${mutation} is not found`);
  const sum = (of: (found: Found) => number) => runs.reduce((total, found) => total + of(found), 0);
  return {
    model: model.file,
    instances: isQuick ? 2 : 3,
    states: sum(({ states }) => states),
    transitions: sum(({ transitions }) => transitions),
    depth: Math.max(...runs.map(({ depth }) => depth)),
    properties: model.properties,
    mutations: `${mutations.length - missed.length} of ${mutations.length}`,
    seconds: Math.round(sum(({ seconds }) => seconds) * 10) / 10,
  };
}

function isFound(model: Model, mutation: string, cc: string): boolean {
  return model.variants.some(
    (variant) =>
      explore(model.file, [...model.quick, ...variant, `-D${mutation}`], cc).violation !==
      undefined,
  );
}
