import type { ServerResponse } from 'node:http';
import type { Behaviour } from '../options.ts';
import { alter } from './alter.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import type { CallLog } from './callLog.ts';
import { COMBINABLE, type Fault, type Faults } from './faults.ts';
import type { Incoming } from './request.ts';
import { damage, send } from './respond.ts';

export interface RequestHandlerParts {
  calls: CallLog;
  faults: Faults;
  behaviour: Behaviour;
  clock: () => number;
  /** What the Date header tells. */
  shownClock: () => number;
  delay: (ms: number) => Promise<void>;
  /** The answer of a WeCom in good health, or of one with a fault that the endpoint itself carries out. */
  answer: (incoming: Incoming, faulty: FaultyCall) => Answer;
  /** The same path's answer with this errcode. */
  refuse: (incoming: Incoming, errcode: number) => Answer;
}

interface FaultyCall {
  wrongSecret: boolean;
  otherMember: string | undefined;
}

/** Faults before which the call does not take effect, unless the fault says `after`. */
const LOST = new Set(['errcode', 'ip-ban', 'html', 'empty', 'reset', 'redirect', 'huge', 'hang']);

/** Logs a request, applies its faults and sends the answer. */
export function requestHandler(parts: RequestHandlerParts) {
  return async (incoming: Incoming, response: ServerResponse): Promise<void> => {
    const { calls, faults, behaviour, clock, shownClock, delay } = parts;
    const entry = calls.begin({ ...incoming, time: clock() });
    response.once('close', () => calls.end(entry));
    const taken = faults.take(incoming.path);
    entry.faults = taken.map(({ kind }) => kind);
    const isCall = incoming.path.startsWith('/cgi-bin/');
    if (isCall && behaviour.callDurationMs > 0) await delay(behaviour.callDurationMs);
    for (const { kind, ms } of taken) if (kind === 'slow') await delay(ms ?? 5000);
    const fault = taken.find(({ kind }) => !COMBINABLE.has(kind));
    const answer = answered(parts, incoming, fault, taken);
    if (answer.errcode !== undefined) entry.errcode = answer.errcode;
    // Before the answer is out: whoever has it may look into the log at once.
    const isSilent = fault?.kind === 'reset' || fault?.kind === 'hang';
    entry.status = isSilent ? 0 : answer.status;
    send(response, answer, fault, shownClock());
  };
}

function answered(
  parts: RequestHandlerParts,
  incoming: Incoming,
  fault: Fault | undefined,
  taken: readonly Fault[],
): Answer {
  const takesEffect = fault === undefined || fault.after === true || !LOST.has(fault.kind);
  const faulty = {
    wrongSecret: fault?.kind === 'wrong-secret',
    otherMember: taken.find(({ kind }) => kind === 'other-member')?.userid,
  };
  const healthy = takesEffect ? parts.answer(incoming, faulty) : jsonAnswer({});
  const said = refused(parts, incoming, fault) ?? healthy;
  return damage(alter(said, taken), fault, incoming);
}

function refused(
  { refuse }: RequestHandlerParts,
  incoming: Incoming,
  fault: Fault | undefined,
): Answer | undefined {
  if (fault?.kind === 'errcode') return refuse(incoming, fault.errcode ?? -1);
  return fault?.kind === 'ip-ban' ? refuse(incoming, 45009) : undefined;
}
