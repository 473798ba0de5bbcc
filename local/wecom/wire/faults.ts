import { fullPath } from './callLog.ts';

/** What can be made to go wrong. See `FAULT_KINDS` for one line on each. */
export type FaultKind = keyof typeof FAULT_KINDS;

export const FAULT_KINDS = {
  errcode: 'HTTP 200 with the given errcode',
  'wrong-secret': 'gettoken treats the right secret as wrong: 40001, and it counts towards the ban',
  'ip-ban': 'every call answers 45009, as for an address banned after wrong secrets',
  slow: 'the answer comes after `ms` milliseconds (default 5000)',
  truncated: 'half of the body, then the connection breaks',
  html: 'an HTML page with `status` (default 502)',
  empty: 'HTTP 200 with an empty body',
  reset: 'the connection is reset without an answer',
  redirect: '301 to the https address, as for plain http',
  'errcode-as-string': 'the real answer with its errcode as a string',
  huge: 'a JSON answer of `bytes` bytes (default 16 MB)',
} as const;

interface FaultRequest {
  kind: FaultKind;
  /** `user/get`, or a whole path. Absent: every path under /cgi-bin/. */
  on?: string;
  /** How many calls it touches; absent: until cleared. */
  times?: number;
  /** For `errcode`. */
  errcode?: number;
  /** For `slow`, in milliseconds. */
  ms?: number;
  /** For `html`. */
  status?: number;
  /** For `huge`. */
  bytes?: number;
  /** Let the call take effect first (a code is used up, a token issued) and lose only its answer. */
  after?: boolean;
}

export interface Fault extends FaultRequest {
  id: number;
  /** Calls touched so far. */
  hits: number;
}

export interface Faults {
  /** Switches a fault on. A bare number is an errcode. */
  add(fault: FaultRequest | number, rest?: Omit<FaultRequest, 'kind' | 'errcode'>): Fault;
  list(): readonly Fault[];
  /** Without an id: all. */
  clear(id?: number): void;
  /** The faults that touch this call: each `slow` one, and the oldest other. Counts them. */
  take(path: string): Fault[];
}

export function faultBoard(): Faults {
  let faults: Fault[] = [];
  let next = 1;

  return {
    add(fault, rest = {}) {
      const asked: FaultRequest =
        typeof fault === 'number' ? { ...rest, kind: 'errcode', errcode: fault } : { ...fault };
      if (!Object.hasOwn(FAULT_KINDS, asked.kind)) throw new Error(`no fault named ${asked.kind}`);
      if (asked.kind === 'errcode' && !Number.isSafeInteger(asked.errcode)) {
        throw new Error('an errcode fault needs a whole number as errcode');
      }
      const added = { ...asked, id: next, hits: 0 };
      next += 1;
      faults.push(added);
      return { ...added };
    },
    list: () => faults.map((fault) => ({ ...fault })),
    clear(id) {
      faults = id === undefined ? [] : faults.filter((fault) => fault.id !== id);
    },
    take(path) {
      const matching = faults.filter((fault) => touches(fault, path));
      const other = matching.find(({ kind }) => kind !== 'slow');
      const taken = matching.filter((fault) => fault.kind === 'slow' || fault === other);
      for (const fault of taken) fault.hits += 1;
      faults = faults.filter(({ hits, times }) => times === undefined || hits < times);
      return taken;
    },
  };
}

function touches(fault: Fault, path: string): boolean {
  // Only gettoken has a secret to get wrong: the fault must not be used up by other calls.
  if (fault.kind === 'wrong-secret') return path === fullPath('gettoken');
  return fault.on === undefined ? path.startsWith('/cgi-bin/') : path === fullPath(fault.on);
}
