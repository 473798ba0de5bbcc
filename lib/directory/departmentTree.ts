import type { Clock } from '../clock.ts';
import { type Item, isText } from '../dynamodb/item.ts';
import { WecomAuthError } from '../errors.ts';
import { type Invocation, isOutOfTime } from '../invocation.ts';
import { departmentListKey } from '../tableKeys.ts';
import { type DepartmentParent, getDepartmentList } from '../wecom/api/getDepartmentList.ts';
import type { WecomClient } from '../wecom/client.ts';
import { WecomUnreadableAnswer } from '../wecom/errors.ts';
import type { CachedDepartments } from './departments.ts';
import { RETRY_PAUSE_MS } from './freshness.ts';
import { ROOT_DEPARTMENT } from './membership.ts';
import { CachedAnswers, type CacheParts, type Freshness } from './sharedCache.ts';

/** Departments, and all above them. */
export interface Ancestors {
  /** The nearest first, each once. */
  readonly departments: readonly number[];
  /** Whether every department above could be read. */
  readonly complete: boolean;
  /** WeCom's answer about one of them cannot be read: earlier data may not be used instead. */
  readonly unreadable?: true;
}

/** The parent of each department that has one; 0 above the root. */
type Parents = ReadonlyMap<number, number>;

/** The id of the list in its cache, which holds nothing else. */
const LIST = 0;
/** The share of the remaining time that the list may take. The rest is for `department/get`. */
const LIST_SHARE = 0.6;
/** An item of DynamoDB holds 400 kB; ours has little besides this text. */
const MAX_LIST_CHARACTERS = 390_000;

/** The departments above each department, cached in each instance and in the cache table. */
export class DepartmentTree {
  readonly #client: WecomClient;
  readonly #clock: Clock;
  readonly #departments: CachedDepartments;
  readonly #lists: CachedAnswers<Parents>;
  /**
   * Until then, a caller that has at most `timeMs` for the list does not read it. `isUnreadable`: WeCom
   * did answer, so earlier data may not be used instead.
   */
  #listPause = { until: 0, timeMs: 0, isUnreadable: false };

  /** @param parts.departments reads departments that are not in the list */
  constructor(parts: CacheParts & { readonly departments: CachedDepartments }) {
    const { client, table, app, clock, departments } = parts;
    this.#client = client;
    this.#clock = clock;
    this.#departments = departments;
    this.#lists = new CachedAnswers({
      table,
      clock,
      keyOf: () => departmentListKey(app),
      restore: restoreParents,
      attributesOf: storeParents,
      maxEntries: 1,
    });
  }

  /**
   * The departments and all above them, from one `department/list`. `department/get` is called only
   * for departments that the list lacks, or if the list cannot be read.
   *
   * @param own the member's own departments
   * @param denied departments that denials name: the log says which of them WeCom does not show
   */
  async ancestors(
    own: readonly number[],
    denied: readonly number[],
    invocation: Invocation,
    freshness: Freshness,
  ): Promise<Ancestors> {
    if (own.length === 0) return { departments: [], complete: true };
    const parents = await this.#parents(denied, invocation, freshness);
    // Without the list, the pause says why.
    const isListUnreadable = parents === undefined && this.#listPause.isUnreadable;
    let isLogged = false;
    const found = await ancestorsOf(own, async (id) => {
      if (id === ROOT_DEPARTMENT) return undefined;
      if (parents?.has(id)) return parents.get(id);
      try {
        const { parentId, hidden } = await this.#departments.read(id, invocation, freshness);
        if (parentId !== undefined || hidden) return parentId;
        // Only the root has no parent.
        throw new WecomUnreadableAnswer('A department has no parentid', { api: 'department/get' });
      } catch (error) {
        if (!(error instanceof WecomAuthError)) throw error;
        invocation.log.metric('GroupUnreadable', 'The parent of a department cannot be read', {
          ...error.details,
          group: `department:${id}`,
          error: error.code,
        });
        isLogged = true;
        const isUnreadable = error instanceof WecomUnreadableAnswer || isListUnreadable;
        return isUnreadable ? UNREADABLE : UNREACHABLE;
      }
    });
    if (found.unreadable && !isLogged) {
      invocation.log.metric('GroupUnreadable', 'Departments are in a circle, or too many', {
        group: `department:${found.departments.at(-1)}`,
      });
    }
    return found;
  }

  /** After an event about a department; see `discardAnswer`. */
  async discard(id: number): Promise<void> {
    this.#listPause = { until: 0, timeMs: 0, isUnreadable: false };
    await Promise.all([this.#departments.discard(id), this.#lists.discard(LIST)]);
  }

  /** @returns nothing if the list cannot be read */
  #parents(
    denied: readonly number[],
    invocation: Invocation,
    freshness: Freshness,
  ): Promise<Parents | undefined> {
    const ask = async () => {
      const parents = await this.#readList(invocation);
      if (parents !== undefined) warnOfHidden(denied, parents, invocation);
      return parents;
    };
    return this.#lists.read(LIST, ask, invocation, freshness);
  }

  async #readList(invocation: Invocation): Promise<Parents | undefined> {
    const start = this.#clock.now();
    const timeMs = Math.floor((invocation.deadline - start) * LIST_SHARE);
    if (start < this.#listPause.until && timeMs <= this.#listPause.timeMs) return undefined;
    const deadline = start + timeMs;
    try {
      const list = await getDepartmentList(this.#client, { ...invocation, deadline });
      return parentsOf(list);
    } catch (error) {
      if (!(error instanceof WecomAuthError)) throw error;
      const now = this.#clock.now();
      // A list that was too slow for this caller may be in time for one with a later deadline.
      const isTooSlow = isOutOfTime({ deadline }, now);
      this.#listPause = {
        until: now + RETRY_PAUSE_MS,
        timeMs: isTooSlow ? timeMs : Number.POSITIVE_INFINITY,
        isUnreadable: error instanceof WecomUnreadableAnswer,
      };
      invocation.log.warn('The department list cannot be read: reading each department', {
        ...error.details,
        error: error.code,
      });
      return undefined;
    }
  }
}

/** Without departments that the list shows without a parent, or with two. */
function parentsOf(list: readonly DepartmentParent[]): Parents {
  const parents = new Map<number, number | undefined>();
  for (const { id, parentId } of list) {
    const isContradicted = parents.has(id) && parents.get(id) !== parentId;
    parents.set(id, isContradicted ? undefined : parentId);
  }
  return new Map(
    [...parents].flatMap(([id, parent]) => (parent === undefined ? [] : [[id, parent]])),
  );
}

/** The result of `parentOf` for a department about which WeCom does not answer. */
export const UNREACHABLE = 'unreachable';
/** The result of `parentOf` for a department about which WeCom's answer cannot be read. */
export const UNREADABLE = 'unreadable';
type Parent = number | undefined | typeof UNREACHABLE | typeof UNREADABLE;

/** WeCom has at most 15 levels; more than this is wrong data. */
const MAX_LEVELS = 50;
/** Departments read in parallel. */
const MAX_PARALLEL = 20;
/** Departments read in all: more than 20 departments can have above them. */
const MAX_ANCESTORS = 1_000;

/**
 * The departments and all above them. Each is visited once. A branch ends at a department whose parent
 * WeCom does not show. Departments in a circle have no top, so what is above them is unreadable.
 */
export async function ancestorsOf(
  own: readonly number[],
  parentOf: (id: number) => Promise<Parent>,
): Promise<Ancestors> {
  const parents = new Map<number, Parent>();
  let level = [...new Set(own)];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= MAX_LEVELS || parents.size + level.length > MAX_ANCESTORS) {
      return { departments: [...parents.keys()], complete: false, unreadable: true };
    }
    const above = new Set<number>();
    for (let from = 0; from < level.length; from += MAX_PARALLEL) {
      const readParent = async (id: number) => {
        const parent = await parentOf(id);
        parents.set(id, parent);
        if (typeof parent === 'number' && parent > 0) above.add(parent);
      };
      await Promise.all(level.slice(from, from + MAX_PARALLEL).map(readParent));
    }
    level = [...above].filter((id) => !parents.has(id));
  }
  const ends = [...parents.values()];
  const unreadable = ends.includes(UNREADABLE) || hasCircle(parents);
  return {
    departments: [...parents.keys()],
    complete: !unreadable && !ends.includes(UNREACHABLE),
    ...(unreadable && { unreadable }),
  };
}

function hasCircle(parents: ReadonlyMap<number, Parent>): boolean {
  const ended = new Set<number>();
  for (const start of parents.keys()) {
    const path = new Set<number>();
    let id: Parent = start;
    while (typeof id === 'number' && id !== 0 && !ended.has(id)) {
      if (path.has(id)) return true;
      path.add(id);
      id = parents.get(id);
    }
    for (const each of path) ended.add(each);
  }
  return false;
}

function warnOfHidden(denied: readonly number[], parents: Parents, { log }: Invocation): void {
  const hidden = denied.filter((id) => id !== ROOT_DEPARTMENT && !parents.has(id));
  if (hidden.length === 0) return;
  log.warn('Denials name departments that WeCom does not show: they refuse nobody', {
    groups: hidden.slice(0, 20).map((id) => `department:${id}`),
  });
}

/** Such as `2 1\n3 2`: reading 5 000 departments as a DynamoDB list would take milliseconds. */
function storeParents(parents: Parents, { log }: Invocation) {
  const text = [...parents].map(([id, parentId]) => `${id} ${parentId}`).join('\n');
  if (text.length <= MAX_LIST_CHARACTERS) return { parents: text };
  log.warn('The department list is too long for DynamoDB: each instance asks WeCom', {
    departments: parents.size,
  });
  return undefined;
}

function restoreParents({ parents: text }: Item): Parents | undefined {
  if (!isText(text)) return undefined;
  const parents = new Map<number, number>();
  for (const line of text === '' ? [] : text.split('\n')) {
    const [, id, parentId] = /^(\d{1,10}) (\d{1,15})$/.exec(line) ?? [];
    if (id === undefined) return undefined;
    parents.set(Number(id), Number(parentId));
  }
  return parents;
}
