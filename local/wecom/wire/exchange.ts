import type { ServerResponse } from 'node:http';
import { type Answer, jsonAnswer } from './answer.ts';
import type { CallLog } from './callLog.ts';
import type { Fault, Faults } from './faults.ts';
import type { Incoming } from './request.ts';
import { damage, send } from './respond.ts';

export interface ExchangeParts {
  calls: CallLog;
  faults: Faults;
  clock: () => number;
  delay: (ms: number) => Promise<void>;
  /** The answer of a WeCom in good health. */
  answer: (incoming: Incoming, wrongSecret: boolean) => Answer;
  /** The same path's answer with this errcode. */
  refuse: (incoming: Incoming, errcode: number) => Answer;
}

/** Faults before which the call does not take effect, unless the fault says `after`. */
const LOST = new Set(['errcode', 'ip-ban', 'html', 'empty', 'reset', 'redirect', 'huge']);

/** Carries one request through log, faults and answer: the part of the emulator that a real WeCom has. */
export function exchange(parts: ExchangeParts) {
  return async (incoming: Incoming, response: ServerResponse): Promise<void> => {
    const { calls, faults, clock, delay } = parts;
    const entry = calls.begin({ ...incoming, time: clock() });
    response.once('close', () => calls.end(entry));
    const taken = faults.take(incoming.path);
    entry.faults = taken.map(({ kind }) => kind);
    for (const { kind, ms } of taken) if (kind === 'slow') await delay(ms ?? 5000);
    const fault = taken.find(({ kind }) => kind !== 'slow');
    const answer = answered(parts, incoming, fault);
    if (answer.errcode !== undefined) entry.errcode = answer.errcode;
    // Before the answer is out: whoever has it may look into the log at once.
    entry.status = fault?.kind === 'reset' ? 0 : answer.status;
    send(response, answer, fault);
  };
}

function answered(parts: ExchangeParts, incoming: Incoming, fault: Fault | undefined): Answer {
  const takesEffect = fault === undefined || fault.after === true || !LOST.has(fault.kind);
  const healthy = takesEffect
    ? parts.answer(incoming, fault?.kind === 'wrong-secret')
    : jsonAnswer({});
  if (fault?.kind === 'errcode') return parts.refuse(incoming, fault.errcode ?? -1);
  if (fault?.kind === 'ip-ban') return parts.refuse(incoming, 45009);
  return damage(healthy, fault, incoming);
}
