import type { Details } from '../../lib/errors.ts';
import type { Invocation } from '../../lib/invocation.ts';
import { createLog } from '../../lib/log/log.ts';

/** An invocation that records its log lines, the times spent waiting for WeCom, and `waitUntil` work. */
export interface TestInvocation extends Invocation {
  readonly lines: Record<string, unknown>[];
  readonly waitsMs: number[];
  /** What was noted for the closing line. */
  readonly facts: Details;
  /** The members who were noted, in order. */
  readonly members: string[];
  /** Resolves when all `waitUntil` work has ended. */
  settled(): Promise<void>;
}

/** @param deadline milliseconds since the epoch; default: never */
export function createInvocation(deadline = Number.MAX_SAFE_INTEGER): TestInvocation {
  const lines: Record<string, unknown>[] = [];
  const waitsMs: number[] = [];
  const facts: Details = {};
  const members: string[] = [];
  const pending: Promise<unknown>[] = [];
  return {
    requestId: 'test',
    deadline,
    log: createLog({ requestId: 'test', stage: 'test' }, (line) => lines.push(JSON.parse(line))),
    waitedForWecom: (milliseconds) => void waitsMs.push(milliseconds),
    count: () => {},
    note: (more) => void Object.assign(facts, more),
    noteMember: (userid) => void members.push(userid),
    waitUntil: (work) => void pending.push(work.catch(() => undefined)),
    lines,
    waitsMs,
    facts,
    members,
    async settled() {
      // `waitUntil` work may add more of it.
      for (let seen = -1; seen !== pending.length; ) {
        seen = pending.length;
        await Promise.all(pending);
      }
    },
  };
}
