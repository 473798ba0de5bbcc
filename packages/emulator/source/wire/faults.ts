import { fullPath } from './callLog.ts';

/** See `FAULT_KINDS` for one line on each. */
export type FaultKind = keyof typeof FAULT_KINDS;

export const FAULT_KINDS = {
  errcode: 'HTTP 200 with the given errcode',
  'wrong-secret': 'gettoken treats the right secret as wrong: 40001, and it counts towards the ban',
  'ip-ban': 'every call answers 45009, as for an address banned after wrong secrets',
  slow: 'the answer comes after `ms` milliseconds (default 5000)',
  hang: 'no answer: the connection stays open until the caller ends it',
  stall: 'half of the body, then nothing: the connection stays open until the caller ends it',
  truncated: 'half of the body, then the connection breaks',
  html: 'an HTML page with `status` (default 502)',
  empty: 'HTTP 200 with an empty body',
  reset: 'the connection is reset without an answer',
  redirect: '301 to the https address, as for plain http',
  'errcode-as-string': 'the real answer with its errcode as a string',
  huge: 'a JSON answer of `bytes` bytes (default 16 MB)',
  'set-field':
    'the real answer with `field` (`status`, `department.0`; empty: the whole answer) replaced by the JSON `value`',
  'remove-field': 'the real answer without `field`',
  'control-characters':
    'the real answer with raw bytes from `codes` (default all of 0 to 31) inside the text at `field` (default: every text)',
  'other-member':
    'user/get and auth/getuserdetail answer about the member `userid`, not the one asked for',
  padding: 'the real answer and a further field: `bytes` bytes more (default 16 MB)',
  'tag-members': 'tag/get lists `count` members: the first ones real, the others invented',
} as const;

export interface FaultRequest {
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
  /** For `huge` and `padding`; at most 256 MB. */
  bytes?: number;
  /** For `set-field`, `remove-field` and `control-characters`: names and positions, joined by dots. */
  field?: string;
  /** For `set-field`: any JSON value, null included. */
  value?: unknown;
  /** For `control-characters`: 0 to 31. */
  codes?: readonly number[];
  /** For `other-member`. Whoever is not in the company: the member asked for, under this userid. */
  userid?: string;
  /** For `tag-members`; at most 1 000 000. */
  count?: number;
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
  /** The faults that touch this call: every one that can go with others, and the oldest other. Counts them. */
  take(path: string): Fault[];
}

/** These go with each other and with one fault of the other kinds. */
export const COMBINABLE: ReadonlySet<FaultKind> = new Set([
  'slow',
  'set-field',
  'remove-field',
  'control-characters',
  'other-member',
  'padding',
  'tag-members',
]);

/** Faults that affect only these endpoints. Other calls must not use them up. */
const ONLY_ON: { readonly [Kind in FaultKind]?: readonly string[] } = {
  'wrong-secret': ['gettoken'],
  'other-member': ['user/get', 'auth/getuserdetail', 'user/getuserdetail'],
  'tag-members': ['tag/get'],
};

export function faultBoard(): Faults {
  let faults: Fault[] = [];
  let next = 1;

  return {
    add(fault, rest = {}) {
      const asked: FaultRequest =
        typeof fault === 'number' ? { ...rest, kind: 'errcode', errcode: fault } : { ...fault };
      check(asked);
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
      const other = matching.find(({ kind }) => !COMBINABLE.has(kind));
      const taken = matching.filter((fault) => COMBINABLE.has(fault.kind) || fault === other);
      for (const fault of taken) fault.hits += 1;
      faults = faults.filter(({ hits, times }) => times === undefined || hits < times);
      return taken;
    },
  };
}

/** The longest delay of setTimeout. */
const MAX_MS = 2 ** 31 - 1;
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_COUNT = 1_000_000;
const MAX_DEPTH = 100;

/** @throws Error with a sentence for the user if a value is missing or out of its limits */
function check(fault: FaultRequest): void {
  const { kind, errcode, field, userid, status = 502 } = fault;
  const { ms = 0, bytes = 0, count = 0, codes = [] } = fault;
  if (!Object.hasOwn(FAULT_KINDS, kind)) throw new Error(`no fault named ${kind}`);
  if (kind === 'errcode' && !Number.isSafeInteger(errcode)) {
    throw new Error('an errcode fault needs a whole number as errcode');
  }
  if (kind === 'set-field' && (field === undefined || fault.value === undefined)) {
    throw new Error('set-field needs a field and a value');
  }
  if (kind === 'remove-field' && !field) throw new Error('remove-field needs a field');
  if (kind === 'other-member' && userid === undefined) {
    throw new Error('other-member needs a userid');
  }
  if (kind === 'tag-members' && fault.count === undefined) {
    throw new Error('tag-members needs a count');
  }
  if ((field ?? '').split('.').length > MAX_DEPTH) {
    throw new Error(`a field is at most ${MAX_DEPTH} names deep`);
  }
  if (status < 200 || !within(status, 599)) throw new Error('status must be 200 to 599');
  if (!within(ms, MAX_MS)) throw new Error(`ms must be 0 to ${MAX_MS}`);
  if (!within(bytes, MAX_BYTES)) throw new Error(`bytes must be 0 to ${MAX_BYTES}`);
  if (!within(count, MAX_COUNT)) throw new Error(`count must be 0 to ${MAX_COUNT}`);
  if (!codes.every((code) => within(code, 31))) throw new Error('codes must be 0 to 31');
}

function within(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= max;
}

function touches(fault: Fault, path: string): boolean {
  const own = ONLY_ON[fault.kind];
  if (own !== undefined && !own.some((each) => path === fullPath(each))) return false;
  return fault.on === undefined ? path.startsWith('/cgi-bin/') : path === fullPath(fault.on);
}
