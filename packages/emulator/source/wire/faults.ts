import { Impossible } from '../directory/impossible.ts';
import { fullPath } from './callLog.ts';

/** See `FAULT_KINDS` for a sentence on each. */
export type FaultKind = keyof typeof FAULT_KINDS;

/** What each does. Its values stand in backquotes. */
export const FAULT_KINDS = {
  errcode: { en: 'HTTP 200 with the given `errcode`', zh: 'HTTP 200，返回指定的 `errcode`' },
  'wrong-secret': {
    en: 'gettoken treats the right secret as wrong: 40001, and it counts towards the ban',
    zh: 'gettoken 将正确的 Secret 视为错误：返回 40001，并计入封禁次数',
  },
  'ip-ban': {
    en: 'every call answers 45009, as for an address banned after wrong secrets',
    zh: '所有调用返回 45009，如同 IP 因 Secret 错误被封禁',
  },
  slow: {
    en: 'the answer comes after `ms` milliseconds (default 5000)',
    zh: '响应延迟 `ms` 毫秒（默认 5000）',
  },
  trickle: {
    en: 'the body comes in ten pieces over `ms` milliseconds (default 5000)',
    zh: '响应体分十段，在 `ms` 毫秒内（默认 5000）逐段发出',
  },
  hang: {
    en: 'no answer: the connection stays open until the caller ends it',
    zh: '没有响应：连接保持打开，直到调用方关闭',
  },
  stall: {
    en: 'half of the body, then nothing: the connection stays open until the caller ends it',
    zh: '响应体只发一半，连接保持打开，直到调用方关闭',
  },
  truncated: {
    en: 'half of the body, then the connection breaks',
    zh: '响应体只发一半，随即断开连接',
  },
  html: {
    en: 'an HTML page with `status` (default 502)',
    zh: '状态码为 `status`（默认 502）的 HTML 页面',
  },
  empty: { en: 'HTTP 200 with an empty body', zh: 'HTTP 200，响应体为空' },
  reset: { en: 'the connection is reset without an answer', zh: '不响应，直接重置连接' },
  'reset-reused': {
    en: 'a connection that carried a call before is reset without an answer, as networks do to idle ones',
    zh: '重置已使用过的连接，不响应，如同网络设备清除空闲连接',
  },
  redirect: {
    en: '301 to the https address, as for plain http',
    zh: '301 跳转到 https 地址，如同访问 http',
  },
  'errcode-as-string': {
    en: 'the real answer with its errcode as a string',
    zh: '正常的响应，但 errcode 为字符串',
  },
  'numbers-as-text': {
    en: 'the real answer with each number at `field` (default: every number) as a text',
    zh: '正常的响应，但 `field` 处（默认全部）的数字变为字符串',
  },
  'lists-as-items': {
    en: 'the real answer with each list of one item at `field` (default: everywhere) as that item alone',
    zh: '正常的响应，但 `field` 处（默认全部）只有一项的数组变为该项本身',
  },
  huge: {
    en: 'a JSON answer of `bytes` bytes (default 16 MB)',
    zh: '`bytes` 字节（默认 16 MB）的 JSON 响应',
  },
  'set-field': {
    en: 'the real answer with `field` (`status`, `department.0`; empty: the whole answer) replaced by the JSON `value`',
    zh: '正常的响应，但 `field`（如 `status`、`department.0`；留空为整个响应）替换为 JSON 值 `value`',
  },
  'remove-field': { en: 'the real answer without `field`', zh: '正常的响应，但缺少 `field`' },
  'control-characters': {
    en: 'the real answer with raw bytes from `codes` (default all of 0 to 31) inside the text at `field` (default: every text)',
    zh: '正常的响应，但 `field` 处（默认全部）的文本中含有原始控制字符 `codes`（默认 0 到 31）',
  },
  'other-member': {
    en: 'user/get and auth/getuserdetail answer about the member `userid`, not the one asked for',
    zh: 'user/get 和 auth/getuserdetail 返回成员 `userid` 的数据，而不是所查询的成员',
  },
  padding: {
    en: 'the real answer and a further field: `bytes` bytes more (default 16 MB)',
    zh: '正常的响应，另加一个 `bytes` 字节（默认 16 MB）的字段',
  },
  'tag-members': {
    en: 'tag/get lists `count` members: the first ones real, the others invented',
    zh: 'tag/get 列出 `count` 名成员：前面的真实，其余为虚构',
  },
} as const;

export interface FaultRequest {
  kind: FaultKind;
  /** `user/get`, or a whole path. Absent: every path under /cgi-bin/. */
  on?: string;
  /** How many calls it touches; absent: until cleared. */
  times?: number;
  /** For `errcode`. */
  errcode?: number;
  /** For `slow` and `trickle`, in milliseconds. */
  ms?: number;
  /** For `html`. */
  status?: number;
  /** For `huge` and `padding`; at most 256 MB. */
  bytes?: number;
  /** For faults that alter fields: names and positions, joined by dots. */
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
  take(call: { path: string; isReused: boolean }): Fault[];
}

/** These go with each other and with one fault of the other kinds. */
export const COMBINABLE: ReadonlySet<FaultKind> = new Set([
  'slow',
  'numbers-as-text',
  'lists-as-items',
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
    take(call) {
      const matching = faults.filter((fault) => touches(fault, call));
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
  if (!Object.hasOwn(FAULT_KINDS, kind))
    throw new Impossible(`no fault named ${kind}`, `没有故障 ${kind}`);
  if (kind === 'errcode' && !Number.isSafeInteger(errcode)) {
    throw new Impossible(
      'an errcode fault needs a whole number as errcode',
      'errcode 故障需要整数 errcode',
    );
  }
  if (kind === 'set-field' && (field === undefined || fault.value === undefined)) {
    throw new Impossible('set-field needs a field and a value', 'set-field 需要 field 和 value');
  }
  if (kind === 'remove-field' && !field)
    throw new Impossible('remove-field needs a field', 'remove-field 需要 field');
  if (kind === 'other-member' && userid === undefined) {
    throw new Impossible('other-member needs a userid', 'other-member 需要 userid');
  }
  if (kind === 'tag-members' && fault.count === undefined) {
    throw new Impossible('tag-members needs a count', 'tag-members 需要 count');
  }
  if ((field ?? '').split('.').length > MAX_DEPTH) {
    throw new Impossible(
      `a field is at most ${MAX_DEPTH} names deep`,
      `field 最多 ${MAX_DEPTH} 层`,
    );
  }
  limit('status', status, 200, 599);
  limit('ms', ms, 0, MAX_MS);
  limit('bytes', bytes, 0, MAX_BYTES);
  limit('count', count, 0, MAX_COUNT);
  for (const code of codes) limit('codes', code, 0, 31);
}

function limit(name: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new Impossible(
    `${name} must be a whole number from ${min} to ${max}`,
    `${name} 必须是 ${min} 到 ${max} 之间的整数`,
  );
}

function touches(fault: Fault, { path, isReused }: { path: string; isReused: boolean }): boolean {
  if (fault.kind === 'reset-reused' && !isReused) return false;
  const own = ONLY_ON[fault.kind];
  if (own !== undefined && !own.some((each) => path === fullPath(each))) return false;
  return fault.on === undefined ? path.startsWith('/cgi-bin/') : path === fullPath(fault.on);
}
