import { type Contestant, type Measurement, start } from '../../tests/harness/lambda/instance.ts';

/** Requests to an instance before its measurement. */
const WARM_UP_REQUESTS = 200;
/** Requests in one turn. */
const TURN_REQUESTS = 100;

/**
 * Measures warm instances, one for each contestant, which take turns.
 *
 * @returns the turns of each contestant; equal indexes ran next to each other
 */
export async function warm(
  contestants: readonly Contestant[],
  repetitions: number,
): Promise<Measurement[][]> {
  const instances = contestants.map((contestant) => start(contestant));
  const results: Measurement[][] = contestants.map(() => []);
  let requests = 0;
  const events = (contestant: Contestant, count: number) =>
    Array.from({ length: count }, () => {
      requests += 1;
      return contestant.event(requests);
    });
  for (const [at, contestant] of contestants.entries()) {
    await instances[at]?.invoke(events(contestant, WARM_UP_REQUESTS));
  }
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const at = (turn + repetition) % contestants.length;
      const contestant = contestants[at];
      const measurement =
        contestant && (await instances[at]?.invoke(events(contestant, TURN_REQUESTS)));
      if (measurement) results[at]?.push(measurement);
    }
  }
  await Promise.all(instances.map((instance) => instance.stop()));
  return results;
}
