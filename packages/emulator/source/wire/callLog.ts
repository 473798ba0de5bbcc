import { createHash } from 'node:crypto';
import type { Rule } from './rule.ts';

/** One request to the emulated WeCom. Nothing in it can be used: secrets are replaced by a fingerprint. */
export interface CallEntry {
  /** Counts from 1 and goes on after `clear`. */
  number: number;
  /** Milliseconds, by the emulator's clock. */
  time: number;
  method: string;
  path: string;
  query: Record<string, string>;
  ip: string;
  /** 0 while under way, or when the connection was reset. */
  status: number;
  errcode?: number;
  /** The kinds of faults that touched the answer. */
  faults: string[];
  /** What was wrong with the call, or what a fault did to its answer. Absent where all was well. */
  rule?: Rule;
}

export interface CallLog {
  /** Oldest first; only those of one path if given (`user/get` or `/cgi-bin/user/get`). */
  list(path?: string): readonly CallEntry[];
  count(path?: string): number;
  /** The most requests of this path under way at the same time since the last `clear`. */
  peak(path: string): number;
  clear(): void;
  begin(
    call: Pick<CallEntry, 'time' | 'method' | 'path' | 'ip'> & { query: URLSearchParams },
  ): CallEntry;
  end(entry: CallEntry): void;
}

/** Query parameters that name no secret and no person's credential. */
const PLAIN = new Set([
  'corpid',
  'userid',
  'id',
  'department_id',
  'tagid',
  'type',
  'debug',
  'agentid',
  'appid',
  'response_type',
  'scope',
  'login_type',
  'fetch_child',
]);
const KEPT = 50_000;

/** A short stable stand-in for a secret: equal secrets have equal fingerprints. */
export function fingerprint(secret: string): string {
  return secret === ''
    ? ''
    : `sha256:${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`;
}

/** Longer paths are WeCom's never. */
const MAX_PATH = 200;

/** The path without what may be a token or a code that a caller put into it by mistake. */
function shownPath(path: string): string {
  return path.slice(0, MAX_PATH).replace(/[\w-]{32,}/g, fingerprint);
}

/** `user/get` means `/cgi-bin/user/get`; what starts with a slash stands as it is. */
export function fullPath(path: string): string {
  return path.startsWith('/') ? path : `/cgi-bin/${path}`;
}

export function callLog(): CallLog {
  let entries: CallEntry[] = [];
  let number = 0;
  const underWay = new Map<string, number>();
  const peaks = new Map<string, number>();

  const list = (path?: string) =>
    path === undefined ? [...entries] : entries.filter((entry) => entry.path === fullPath(path));

  return {
    list,
    count: (path) => list(path).length,
    peak: (path) => peaks.get(fullPath(path)) ?? 0,
    clear() {
      entries = [];
      peaks.clear();
      for (const [path, calls] of underWay) if (calls > 0) peaks.set(path, calls);
    },
    begin({ time, method, path: asked, query, ip }) {
      const path = shownPath(asked);
      number += 1;
      const shown = [...query].map(([name, value]) => [
        name,
        PLAIN.has(name) ? value : fingerprint(value),
      ]);
      const entry: CallEntry = {
        number,
        time,
        method,
        path,
        query: Object.fromEntries(shown) as Record<string, string>,
        ip,
        status: 0,
        faults: [],
      };
      entries.push(entry);
      if (entries.length > KEPT) entries = entries.slice(-KEPT / 2);
      const now = (underWay.get(path) ?? 0) + 1;
      underWay.set(path, now);
      peaks.set(path, Math.max(now, peaks.get(path) ?? 0));
      return entry;
    },
    end(entry) {
      underWay.set(entry.path, (underWay.get(entry.path) ?? 1) - 1);
    },
  };
}
