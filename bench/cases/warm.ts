import type { Served } from '../lambda/instance.ts';
import { type Contestant, start } from './contestant.ts';

/** Requests that an instance answers before it is measured. */
const WARM_UP = 200;
/** Requests of one turn. */
const BATCH = 100;

/**
 * The answers of warm instances, one for each contestant, which take turns.
 *
 * @returns for each contestant its turns, in order: those with the same index belong together
 */
export async function warm(
  contestants: readonly Contestant[],
  repetitions: number,
): Promise<Served[][]> {
  const instances = contestants.map((contestant) => start(contestant));
  const results: Served[][] = contestants.map(() => []);
  let requests = 0;
  const events = (contestant: Contestant, count: number) =>
    Array.from({ length: count }, () => {
      requests += 1;
      return contestant.event(requests);
    });
  for (const [at, contestant] of contestants.entries()) {
    await instances[at]?.invoke(events(contestant, WARM_UP));
  }
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const at = (turn + repetition) % contestants.length;
      const contestant = contestants[at];
      const served = contestant && (await instances[at]?.invoke(events(contestant, BATCH)));
      if (served) results[at]?.push(served);
    }
  }
  await Promise.all(instances.map((instance) => instance.stop()));
  return results;
}
