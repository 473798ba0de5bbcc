import { type Lookup, lookup as systemLookup } from '../../lib/administration/lookup.ts';
import { checkAlarms } from './alarmChecks.ts';
import { checkDiscovery, checkReachable, checkVerify } from './apiChecks.ts';
import { checkCallbacks } from './callbackChecks.ts';
import { checkClocks } from './clockCheck.ts';
import { checkEventBus } from './eventChecks.ts';
import type { Finding } from './finding.ts';
import type { ReadLog } from './functionLog.ts';
import { checkLogGroups } from './logGroupChecks.ts';
import { checkLogoutAddresses } from './logoutChecks.ts';
import { checkOpenid } from './openidChecks.ts';
import { checkParameters, type StageSecrets } from './parameterChecks.ts';
import { checkQueues } from './queueChecks.ts';
import { checkSettings } from './settingsChecks.ts';
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
 * @param lookup how host names are resolved; default: as this machine does
 */
export async function* runChecks(
  target: Target,
  readLog: ReadLog,
  now: () => number,
  lookup: Lookup = systemLookup,
): AsyncGenerator<Finding> {
  const secrets: StageSecrets = { callbacks: {} };
  let isReachable = false;
  const reach = async () => {
    const finding = await checkReachable(target);
    isReachable = finding.outcome === 'ok';
    return [finding];
  };
  const nothing: Finding[] = [];
  const groups: (() => Promise<Finding[]>)[] = [
    async () => checkStageFile(target),
    () => checkStack(target, lookup),
    () => checkSettings(target),
    () => checkParameters(target, secrets),
    () => checkTables(target),
    () => checkEventBus(target),
    () => checkQueues(target),
    () => checkAlarms(target),
    () => checkLogGroups(target),
    async () => (target.apiUrl ? reach() : nothing),
    async () => (isReachable ? checkClocks(target, now) : nothing),
    async () => (secrets.appSecret ? checkWecom(target, secrets.appSecret) : nothing),
    async () => (isReachable ? checkCallbacks(target, secrets, readLog) : nothing),
    async () => (isReachable ? checkDiscovery(target, secrets, readLog, now()) : nothing),
    async () => (isReachable ? checkOpenid(target) : nothing),
    () => checkLogoutAddresses(target, lookup),
    () => checkWaitingWork(target, now()),
    async () => (isReachable ? [await checkVerify(target, secrets, readLog, now())] : nothing),
    async () => (isReachable ? checkSignIn(target, readLog) : nothing),
  ];
  for (const group of groups) {
    const findings = await group();
    yield* findings;
    if (findings.some(({ stop }) => stop)) return;
  }
}
