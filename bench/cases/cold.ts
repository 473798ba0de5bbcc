import type { Served } from '../lambda/instance.ts';
import { type Contestant, start } from './contestant.ts';

/**
 * The first answer of fresh processes. The contestants take turns, each time in another order, so
 * that what else the machine does meets all of them alike.
 *
 * @returns for each contestant its repetitions, in order: those with the same index belong together
 */
export async function cold(
  contestants: readonly Contestant[],
  repetitions: number,
): Promise<Served[][]> {
  const results: Served[][] = contestants.map(() => []);
  // The first time of all the files are read from the disk: it does not count.
  for (let repetition = 0; repetition <= repetitions; repetition += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const at = (turn + repetition) % contestants.length;
      const contestant = contestants[at];
      if (contestant === undefined) continue;
      const instance = start(contestant);
      const served = await instance.invoke([contestant.event(0)]);
      await instance.stop();
      if (repetition > 0) results[at]?.push(served);
    }
  }
  return results;
}
