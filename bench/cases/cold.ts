import { type Contestant, type Measurement, start } from '../../tests/harness/lambda/instance.ts';

/**
 * Measures the first response of new processes. The contestants take turns in rotating order, so that
 * other load on the machine affects all of them alike.
 *
 * @returns the repetitions of each contestant; equal indexes ran next to each other
 */
export async function cold(
  contestants: readonly Contestant[],
  repetitions: number,
): Promise<Measurement[][]> {
  const results: Measurement[][] = contestants.map(() => []);
  // The first repetition also reads the files from the disk, so it does not count.
  for (let repetition = 0; repetition <= repetitions; repetition += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const at = (turn + repetition) % contestants.length;
      const contestant = contestants[at];
      if (contestant === undefined) continue;
      const instance = start(contestant);
      const measurement = await instance.invoke([contestant.event(0)]);
      await instance.stop();
      if (repetition > 0) results[at]?.push(measurement);
    }
  }
  return results;
}
