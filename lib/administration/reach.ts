import type { Bilingual } from '../bilingual.ts';
import type { DepartmentNames, MembersOfDepartments } from '../directory/departmentNames.ts';
import { ROOT_DEPARTMENT } from '../directory/membership.ts';
import { WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Subject } from '../permissions/subject.ts';
import { getTag } from '../wecom/api/getTag.ts';
import type { WecomClient } from '../wecom/client.ts';
import { isGroupNotShown } from '../wecom/errors.ts';
import { foldUserid } from '../wecom/userid.ts';
import { isShown, whyNotAsked } from './shown.ts';

/** Whom a grant of a subject reaches, as far as WeCom shows it. */
export interface Reached {
  /** Whether WeCom shows the subject to the app; null where that is not known. */
  readonly shown: boolean | null;
  /** Null where nothing is known of the number. */
  readonly members: { readonly count: number; readonly complete: boolean } | null;
}

const UNKNOWN: Reached = { shown: null, members: null };
/** Nobody gets the permission until WeCom shows the subject. */
const NOT_SHOWN: Reached = { shown: false, members: { count: 0, complete: true } };

/** Of one preview. Sign-ins share the limits of WeCom. */
const MAX_CALLS = 20;
const AT_ONCE = 5;

interface ReachParts {
  readonly client: WecomClient;
  readonly departments: DepartmentNames;
  readonly members: MembersOfDepartments;
  readonly invocation: Invocation;
}

/** Counts the members of subjects for one preview, with a bounded number of calls of WeCom. */
export class Reach {
  readonly #parts: ReachParts;
  #calls = 0;
  #isCut = false;
  #failure: Bilingual | undefined;

  constructor(parts: ReachParts) {
    this.#parts = parts;
  }

  /** Why WeCom was not asked about every subject; nothing if it was. */
  get notChecked(): Bilingual | undefined {
    if (this.#failure) return this.#failure;
    if (!this.#isCut) return undefined;
    return {
      zh: `一次预览最多调用企业微信 ${MAX_CALLS} 次`,
      en: `a preview calls WeCom ${MAX_CALLS} times at most`,
    };
  }

  async of(subject: Subject): Promise<Reached> {
    const isRoot = subject.kind === 'department' && subject.id === ROOT_DEPARTMENT;
    if (subject.kind === 'everyone' || isRoot) return { shown: true, members: null };
    if (this.#failure) return UNKNOWN;
    try {
      if (subject.kind === 'member') return await this.#member(subject);
      return subject.kind === 'department'
        ? await this.#department(subject.id)
        : await this.#tag(subject.id);
    } catch (error) {
      if (!(error instanceof WecomAuthError)) throw error;
      this.#failure = whyNotAsked(error);
      return UNKNOWN;
    }
  }

  async #member(subject: Subject): Promise<Reached> {
    if (!this.#takeCall()) return UNKNOWN;
    const { client, invocation } = this.#parts;
    const shown = await isShown(subject, client, invocation);
    return shown ? { shown, members: { count: 1, complete: true } } : NOT_SHOWN;
  }

  async #department(id: number): Promise<Reached> {
    const list = await this.#parts.departments.read(this.#parts.invocation);
    if (!list.some((each) => each.id === id)) return NOT_SHOWN;
    return { shown: true, members: await this.#membersOf(new Set(), [id]) };
  }

  async #tag(id: number): Promise<Reached> {
    if (!this.#takeCall()) return UNKNOWN;
    const { client, invocation } = this.#parts;
    try {
      const { userids, departments } = await getTag(client, id, invocation);
      return { shown: true, members: await this.#membersOf(new Set(userids), departments) };
    } catch (error) {
      if (isGroupNotShown(error)) return NOT_SHOWN;
      throw error;
    }
  }

  /** Those members, and those of the departments and of all below them. */
  async #membersOf(userids: Set<string>, departments: readonly number[]) {
    let complete = true;
    const all = departments.length > 0 ? await this.#withBelow(departments) : [];
    for (let from = 0; from < all.length; from += AT_ONCE) {
      await Promise.all(
        all.slice(from, from + AT_ONCE).map(async (id) => {
          const { members, invocation } = this.#parts;
          if (members.known(id) === undefined && !this.#takeCall()) {
            complete = false;
            return;
          }
          const found = await members.read(id, invocation);
          if (found.unreadable > 0) complete = false;
          for (const { userid } of found.members) userids.add(foldUserid(userid));
        }),
      );
    }
    return { count: userids.size, complete };
  }

  async #withBelow(departments: readonly number[]): Promise<number[]> {
    const list = await this.#parts.departments.read(this.#parts.invocation);
    const below = Map.groupBy(list, ({ parentId }) => parentId);
    // Each once, also if departments are in a circle.
    const all = new Set(departments);
    for (const id of all) for (const child of below.get(id) ?? []) all.add(child.id);
    return [...all];
  }

  #takeCall(): boolean {
    this.#isCut ||= this.#calls >= MAX_CALLS;
    if (!this.#isCut) this.#calls += 1;
    return !this.#isCut;
  }
}
