import { checkCallbacks } from './callbackChecks.ts';
import { checkClocks } from './clockCheck.ts';
import type { Finding } from './finding.ts';
import type { ReadLog } from './functionLog.ts';
import { checkParameters, type StageSecrets } from './parameterChecks.ts';
import type { Place } from './place.ts';
import { checkSignIn } from './signInCheck.ts';
import { checkStack, checkStageFile } from './stackChecks.ts';
import { checkTables } from './tableChecks.ts';
import { checkWecom } from './wecomChecks.ts';

/**
 * Everything that can be wrong with a stage, in the order in which one thing needs the other. Ends
 * with the first finding that says stop; a refused secret above all is never tried again.
 *
 * @param now milliseconds since the epoch, by this machine
 */
export async function* examine(
  place: Place,
  readLog: ReadLog,
  now: () => number,
): AsyncGenerator<Finding> {
  const secrets: StageSecrets = { callbacks: {} };
  const groups: (() => Promise<Finding[]>)[] = [
    () => checkStageFile(place),
    () => checkStack(place),
    () => checkParameters(place, secrets),
    () => checkTables(place),
    () => (secrets.appSecret ? checkWecom(place, secrets.appSecret) : Promise.resolve([])),
    () => (place.apiUrl ? checkCallbacks(place, secrets, readLog) : Promise.resolve([])),
    () => (place.apiUrl ? checkClocks(place, now) : Promise.resolve([])),
    () => (place.apiUrl ? checkSignIn(place, readLog) : Promise.resolve([])),
  ];
  for (const group of groups) {
    const findings = await group();
    yield* findings;
    if (findings.some(({ stop }) => stop)) return;
  }
}
