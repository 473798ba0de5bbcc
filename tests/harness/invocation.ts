import type { Invocation } from '../../lib/invocation.ts';
import { createLog } from '../../lib/log/log.ts';

/** An invocation that remembers what was logged, waited for and handed over. */
export interface TestInvocation extends Invocation {
  readonly lines: Record<string, unknown>[];
  readonly waits: number[];
  /** Resolves when all that was handed over has ended. */
  settled(): Promise<void>;
}

/** @param deadline milliseconds since the epoch; far away unless the test is about it */
export function createInvocation(deadline = Number.MAX_SAFE_INTEGER): TestInvocation {
  const lines: Record<string, unknown>[] = [];
  const waits: number[] = [];
  const handedOver: Promise<unknown>[] = [];
  return {
    requestId: 'test',
    deadline,
    log: createLog({ requestId: 'test', stage: 'test' }, (line) => lines.push(JSON.parse(line))),
    waitedForWecom: (milliseconds) => void waits.push(milliseconds),
    waitUntil: (work) => void handedOver.push(work.catch(() => undefined)),
    lines,
    waits,
    async settled() {
      // Work in the background may hand over more.
      for (let seen = -1; seen !== handedOver.length; ) {
        seen = handedOver.length;
        await Promise.all(handedOver);
      }
    },
  };
}
