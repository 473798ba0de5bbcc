import { lookup } from '../clients/lookup.ts';
import { checkCallbacks } from './callbackChecks.ts';
import { checkClocks } from './clockCheck.ts';
import { checkEventBus } from './eventChecks.ts';
import type { Finding } from './finding.ts';
import type { ReadLog } from './functionLog.ts';
import { checkLogoutAddresses } from './logoutChecks.ts';
import { checkOpenid } from './openidChecks.ts';
import { checkParameters, type StageSecrets } from './parameterChecks.ts';
import { checkSignIn } from './signInCheck.ts';
import { checkStack, checkStageFile } from './stackChecks.ts';
import { checkTables } from './tableChecks.ts';
import type { Target } from './target.ts';
import { checkWaitingWork } from './waitingWork.ts';
import { checkWecom } from './wecomChecks.ts';

/**
 * Runs all checks of a stage, each after those that it depends on. Ends after the first finding with
 * `stop`: in particular, a refused secret is never sent again.
 *
 * @param now milliseconds since the epoch, by this machine's clock
 */
export async function* runChecks(
  target: Target,
  readLog: ReadLog,
  now: () => number,
): AsyncGenerator<Finding> {
  const secrets: StageSecrets = { callbacks: {} };
  const groups: (() => Promise<Finding[]>)[] = [
    () => checkStageFile(target),
    () => checkStack(target),
    () => checkParameters(target, secrets),
    () => checkTables(target),
    () => checkEventBus(target),
    () => (target.apiUrl ? checkClocks(target, now) : Promise.resolve([])),
    () => (secrets.appSecret ? checkWecom(target, secrets.appSecret) : Promise.resolve([])),
    () => (target.apiUrl ? checkCallbacks(target, secrets, readLog) : Promise.resolve([])),
    () => (target.apiUrl ? checkOpenid(target) : Promise.resolve([])),
    () => checkLogoutAddresses(target, lookup),
    () => checkWaitingWork(target, now()),
    () => (target.apiUrl ? checkSignIn(target, readLog) : Promise.resolve([])),
  ];
  for (const group of groups) {
    const findings = await group();
    yield* findings;
    if (findings.some(({ stop }) => stop)) return;
  }
}
