import type { Clock } from '../clock.ts';
import { createHandOver } from '../handOver/handOver.ts';
import { describeError } from '../http/describeError.ts';
import type { Invocation } from '../invocation.ts';
import type { SignOutWork } from '../openid/signOutWork.ts';

/**
 * Hands sign-outs to `signOuts`. A failure is logged and counted, and fails no request: the person is
 * refused here in any case, and only the applications are not told.
 *
 * @param functionName absent on a stage without the OpenID provider: nothing is handed over
 * @returns a function that returns whether AWS accepted the work
 */
export function createSignOutHandOver(functionName: string | undefined, clock: Clock) {
  const handOver = functionName === undefined ? undefined : createHandOver(functionName, clock);

  return async (work: SignOutWork, { log }: Invocation): Promise<boolean> => {
    try {
      await handOver?.(work);
      return true;
    } catch (error) {
      log.metric('SignOutNotHandedOver', 'Applications are not told of a sign-out', {
        ...describeError(error),
        ...('subs' in work ? { subs: work.subs } : { sub: work.sub }),
        advice: 'Run npm run sessions -- end sub:<sub> for each: see docs/operations.md#sign-outs.',
      });
      return false;
    }
  };
}
