import type { ServerResponse } from 'node:http';
import type { Behaviour } from '../options.ts';
import { alter } from './alter.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import type { CallLog } from './callLog.ts';
import { COMBINABLE, FAULT_KINDS, type Fault, type FaultKind, type Faults } from './faults.ts';
import type { Incoming } from './request.ts';
import { damage, send, trickle } from './respond.ts';
import { joined, type Rule } from './rule.ts';

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
const LOST: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'errcode',
  'ip-ban',
  'html',
  'empty',
  'reset',
  'reset-reused',
  'redirect',
  'huge',
  'hang',
]);

/** Faults after which no answer is sent at all. */
const SILENT: ReadonlySet<FaultKind> = new Set<FaultKind>(['reset', 'reset-reused', 'hang']);

/** How long `slow` and `trickle` take unless the fault says otherwise, in milliseconds. */
const SLOW_MS = 5_000;

const PIECES = 10;

/** Logs a request, applies its faults and sends the answer. */
export function requestHandler(parts: RequestHandlerParts) {
  return async (incoming: Incoming, response: ServerResponse): Promise<void> => {
    const { calls, faults, behaviour, clock, shownClock, delay } = parts;
    const entry = calls.begin({ ...incoming, time: clock() });
    response.once('close', () => calls.end(entry));
    const taken = faults.take(incoming);
    entry.faults = taken.map(({ kind }) => kind);
    const isCall = incoming.path.startsWith('/cgi-bin/');
    if (isCall && behaviour.callDurationMs > 0) await delay(behaviour.callDurationMs);
    for (const { kind, ms } of taken) if (kind === 'slow') await delay(ms ?? SLOW_MS);
    const fault = taken.find(({ kind }) => !COMBINABLE.has(kind));
    const answer = answered(parts, incoming, fault, taken);
    if (answer.errcode !== undefined) entry.errcode = answer.errcode;
    const rule = withFaults(taken, answer.rule);
    if (rule !== undefined) entry.rule = rule;
    // Before the answer is out: whoever has it may look into the log at once.
    entry.status = fault !== undefined && SILENT.has(fault.kind) ? 0 : answer.status;
    if (fault?.kind === 'trickle') {
      const pieceMs = (fault.ms ?? SLOW_MS) / PIECES;
      await trickle(response, answer, shownClock(), PIECES, () => delay(pieceMs));
    } else {
      send(response, answer, fault, shownClock());
    }
  };
}

/** What the log says of a call that faults touched: which, and the rule that the answer names. */
function withFaults(taken: readonly Fault[], rule: Rule | undefined): Rule | undefined {
  const said = taken.map((fault) => ({ id: named(fault), ...FAULT_KINDS[fault.kind] }));
  if (said.length === 0) return rule;
  const fault: Rule = {
    en: said.map(({ id, en }) => `Fault ${id}: ${en}`).join('. '),
    zh: said.map(({ id, zh }) => `故障 ${id}：${zh}`).join('。'),
  };
  return joined(fault, rule);
}

/** The fault's number with its values, except one that may be anything. */
function named({ id, errcode, ms, status, bytes, field, userid, count }: Fault): string {
  const values = Object.entries({ errcode, ms, status, bytes, field, userid, count })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`);
  return values.length === 0 ? String(id) : `${id} (${values.join(', ')})`;
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
