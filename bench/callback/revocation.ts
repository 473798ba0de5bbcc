import { performance } from 'node:perf_hooks';
import type { Wecom } from '../../packages/emulator/source/server.ts';
import { type Spread, spreadOf } from '../measure/spread.ts';

export interface RevocationResult {
  readonly runs: number;
  /** From the removal in WeCom to the first `authorized: false`. */
  readonly delayMs: Spread;
}

const POLL_MS = 2;
const TIMEOUT_MS = 10_000;

/** Removes permitted members from the company, and polls `verify` until each is refused. */
export async function revocation(
  api: string,
  wecom: Wecom,
  userids: readonly string[],
): Promise<RevocationResult> {
  const authorized = async (userid: string): Promise<boolean> => {
    const response = await fetch(`${api}/api/wecom/verify/${userid}`);
    const { data } = (await response.json()) as { data?: { authorized: boolean } };
    if (!data) throw new Error(`verify answered ${response.status}`);
    return data.authorized;
  };
  const delaysMs: number[] = [];
  for (const userid of userids) {
    if (!(await authorized(userid)))
      throw new Error(`${userid} is not permitted before the removal`);
    const begin = performance.now();
    wecom.administrator.leave(userid);
    while (await authorized(userid)) {
      if (performance.now() - begin > TIMEOUT_MS) throw new Error(`${userid} is still permitted`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    delaysMs.push(performance.now() - begin);
    await wecom.callbacks.settled();
  }
  return { runs: delaysMs.length, delayMs: spreadOf(delaysMs) };
}
