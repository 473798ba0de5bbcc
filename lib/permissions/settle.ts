import { createHash } from 'node:crypto';
import { isNumber } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import {
  auditKey,
  auditPartition,
  GRANT,
  isPending,
  memberSubject,
  pendingKey,
  subjectPartition,
  useridOfSubject,
} from '../tableKeys.ts';
import { foldUserid } from '../wecom/userid.ts';
import {
  type AuditLine,
  auditItem,
  type Cause,
  type RecordedLine,
  readAudit,
  termsOf,
} from './audit.ts';
import {
  counts,
  type Effect,
  type Grant,
  isExpired,
  type Origin,
  originsOf,
  readGrant,
} from './grant.ts';
import { type Pair, replaceGrant } from './grantStore.ts';
import { readPartition } from './partition.ts';
import { placePeople } from './person.ts';
import {
  earlier,
  isChange,
  isRenameFrom,
  keepChange,
  readChange,
  type StoredChange,
} from './personChange.ts';
import { type Placement, placementOf } from './placement.ts';

/** The result of `settleGrants`. */
export interface Settled {
  readonly suspended: number;
  readonly moved: number;
  /** How many items of pending work were done and deleted. */
  readonly finished: number;
}

export interface SettleParts {
  /** The permission table. */
  readonly table: Table;
  readonly corpId: string;
  readonly now: () => number;
  /** Gets the audit lines before the pending work is deleted. It may get a line more than once. */
  readonly publish?: ((changes: readonly RecordedLine[]) => Promise<void>) | undefined;
  /** Called for each grant for which an allowance was set aside; see `Grant.setAside`. */
  readonly onSetAside?: (grant: Pair) => void;
  /** Called with the `sub` of each person who left; see person.ts. */
  readonly onLeave?: (sub: string) => Promise<void>;
}

/** The author in audit lines of changes that WeCom's directory caused. */
const DIRECTORY = 'directory';

/** Attempts: if somebody else changes a grant meanwhile, everything is read again. */
const MAX_ROUNDS = 5;
/** How far the clocks of two functions may be apart. */
const CLOCK_SKEW_MS = 60_000;
/** The most userids that one piece of work may touch. WeCom lets a userid be changed once. */
const MAX_USERIDS = 100;
/** The most persons that one denial keeps, and the most allowances that one grant sets aside. */
const MAX_ORIGINS = 20;
/** 10 MB: more items of one member are a mistake. */
const MAX_PAGES = 10;

/**
 * Does the pending work of these members, and of all members that renames since then lead to: suspends
 * and moves grants until each is where it belongs (see placement.ts), then deletes the items of the work.
 *
 * It may run again, without work, and several times at once: every grant is changed by a conditional
 * write, and the result depends only on what is stored.
 *
 * @throws StoreUnavailable, and what `publish` and `onLeave` throw. Work is left then, and the members
 *   are still refused
 */
export async function settleGrants(
  userids: readonly string[],
  parts: SettleParts,
): Promise<Settled> {
  let [suspended, moved] = [0, 0];
  const made = new Map<string, RecordedLine>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const settling = new Settling(parts, made);
    await settling.read(userids.map(foldUserid));
    const isDone = await settling.apply();
    suspended += settling.suspended;
    moved += settling.moved;
    if (!isDone) continue;
    for (const grant of settling.setAside) parts.onSetAside?.(grant);
    const changes = parts.publish ? await settling.changes() : [];
    if (changes.length > 0) await parts.publish?.(changes);
    return { suspended, moved, finished: await settling.finish() };
  }
  throw new StoreUnavailable('Grants of a member were changed repeatedly meanwhile', {
    reason: 'conflict',
  });
}

interface Member {
  grants: Grant[];
  readonly changes: Map<string, StoredChange>;
  readonly pending: StoredChange[];
}

/** One attempt. */
class Settling {
  readonly #parts: SettleParts;
  readonly #members = new Map<string, Member>();
  /** The members whose grants are placed. Of other members only the changes are read. */
  readonly #settled = new Set<string>();
  /** Each grant is placed once, so a cycle of renames ends. */
  readonly #placed = new Set<Grant>();
  /** The audit lines of the changes that were made, including those of earlier attempts. */
  readonly #made: Map<string, RecordedLine>;
  suspended = 0;
  moved = 0;
  /** The grants for which allowances were set aside. */
  readonly setAside: Pair[] = [];

  constructor(parts: SettleParts, made: Map<string, RecordedLine>) {
    this.#parts = parts;
    this.#made = made;
  }

  /**
   * Reads these members and all that renames lead to, and stores pending changes permanently. A change
   * does not concern whoever was renamed before it.
   */
  async read(userids: readonly string[]): Promise<void> {
    const waiting = userids.map((userid) => ({ userid, since: Number.POSITIVE_INFINITY }));
    const followed = new Map<string, number>();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { userid } = next;
      const { pending, changes } = await this.#member(userid);
      const since = Math.min(next.since, ...pending.map(({ happenedAt }) => happenedAt));
      this.#settled.add(userid);
      if (since >= (followed.get(userid) ?? Number.POSITIVE_INFINITY)) continue;
      followed.set(userid, since);
      for (const change of pending) {
        await this.#keep(change);
        waiting.push({ userid: change.userid, since });
      }
      for (const change of changes.values()) {
        if (isRenameFrom(change, userid) && change.happenedAt >= since) {
          waiting.push({ userid: change.newUserid, since });
        }
      }
    }
  }

  /** @returns false if somebody else changed a grant meanwhile */
  async apply(): Promise<boolean> {
    // Denials first, so that a member has too few permissions meanwhile, never too many.
    for (const effect of ['deny', 'allow'] as const) {
      for (const userid of this.#settled) {
        for (const grant of [...(await this.#member(userid)).grants]) {
          if (grant.effect !== effect) continue;
          if (!(await this.#place(userid, grant))) return false;
        }
      }
    }
    await placePeople(this.#parts, this.#settled, (userid, origin) =>
      this.#placementOf(userid, origin, 'allow'),
    );
    return true;
  }

  /**
   * The audit lines of this work: those of this run, and those that were stored since the work was
   * recorded, because an earlier run may have changed grants and failed to publish the lines.
   */
  async changes(): Promise<RecordedLine[]> {
    const { table, corpId } = this.#parts;
    const changes = new Map(this.#made);
    const noted = [...this.#members.values()].flatMap(({ pending }) => pending);
    const since = Math.min(...noted.map(({ notedAt }) => notedAt)) - CLOCK_SKEW_MS;
    for (const userid of noted.length > 0 ? this.#members.keys() : []) {
      const pk = auditPartition(corpId, memberSubject(userid));
      for (const item of await readPartition(table, pk, { pages: MAX_PAGES })) {
        const line = readAudit(item);
        const { madeAt } = item;
        if (line?.by !== DIRECTORY || !isNumber(madeAt) || madeAt < since) continue;
        const id = String(item['sk']).replace(/^.*#/, '');
        changes.set(id, { id, line });
      }
    }
    return [...changes.values()];
  }

  /** Deletes the items of the work. Call it last: until then they make `verify` refuse the members. */
  async finish(): Promise<number> {
    const { table, corpId } = this.#parts;
    let finished = 0;
    for (const userid of this.#settled) {
      for (const { id } of (await this.#member(userid)).pending) {
        await table.delete(pendingKey(corpId, userid, id));
        finished += 1;
      }
    }
    return finished;
  }

  async #member(userid: string): Promise<Member> {
    const known = this.#members.get(userid);
    if (known) return known;
    if (this.#members.size >= MAX_USERIDS) {
      throw new StoreUnavailable('Renames lead to too many userids', { reason: 'too many' });
    }
    const { table, corpId } = this.#parts;
    const pk = subjectPartition(corpId, memberSubject(userid));
    const items = await readPartition(table, pk, { pages: MAX_PAGES });
    const changes = items.filter(isChange).map(readChange);
    const member: Member = {
      grants: items.filter(({ sk }) => String(sk).startsWith(GRANT)).map(readGrant),
      changes: new Map(changes.map((change) => [change.id, change])),
      pending: items.filter(isPending).map(readChange),
    };
    this.#members.set(userid, member);
    for (const change of changes) {
      if (change.kind !== 'renamed' || change.newUserid !== userid) continue;
      // The command `forget` erases a rename under one of its userids only.
      const former = await this.#member(change.userid);
      const copy = earlier(change, former.changes.get(change.id) ?? change);
      for (const each of [member, former]) each.changes.set(change.id, copy);
    }
    return member;
  }

  /** Stores a pending change permanently. Its copies may be of several deliveries. */
  async #keep(pending: StoredChange): Promise<void> {
    const { id, userid } = pending;
    const userids = pending.kind === 'renamed' ? [userid, pending.newUserid] : [userid];
    let change = pending;
    for (const each of userids) {
      const { changes, pending: work } = await this.#member(each);
      const copies = [...changes.values(), ...work].filter((copy) => copy.id === id);
      change = copies.reduce(earlier, change);
    }
    for (const each of userids) {
      const { changes } = await this.#member(each);
      if (changes.get(id)?.notedAt === change.notedAt) continue;
      await keepChange(this.#parts.table, this.#parts.corpId, each, change);
      changes.set(id, change);
    }
  }

  /** Where a thing belongs that is stored under the userid and was made for `origin`. */
  async #placementOf(userid: string, origin: Origin, effect: Effect): Promise<Placement> {
    const changesOf = async (of: string) => [...(await this.#member(of)).changes.values()];
    const placement = await placementOf(origin, effect, changesOf);
    if (placement.by || placement.userid === userid) return placement;
    // The command `forget` erased the renames that led here. The thing must not go back, because somebody
    // else may have the origin's userid now.
    return placementOf({ userid, at: origin.at }, effect, changesOf);
  }

  /**
   * Moves one grant to where it belongs. A denial of several persons is split if they have different
   * userids now, and so are a grant and what was set aside for it.
   *
   * @returns false if somebody else changed a grant meanwhile, here and below
   */
  async #place(userid: string, grant: Grant): Promise<boolean> {
    this.#placed.add(grant);
    const stay: { part: Grant; placement: Placement }[] = [];
    const move: { to: string; part: Grant; placement: Placement }[] = [];
    for (const whole of partsOf(grant)) {
      const placements = new Map<string, { placement: Placement; origins: Origin[] }>();
      for (const origin of originsOf(whole)) {
        const placement = await this.#placementOf(userid, origin, whole.effect);
        const same = placements.get(placement.userid);
        placements.set(placement.userid, {
          placement,
          origins: [...(same?.origins ?? []), origin],
        });
      }
      for (const [to, { placement, origins }] of placements) {
        const part = { ...whole, origins };
        if (to !== userid) move.push({ to, part, placement });
        else stay.push({ part: withSuspension(part, placement), placement });
      }
    }

    for (const { to, part, placement } of move) {
      if (!(await this.#moveTo(to, part, placement))) return false;
    }
    const cause = [...move, ...stay].find(({ placement }) => placement.by) ?? stay[0];
    const placement = cause?.placement ?? { userid, isSuspended: false };
    const after = strictest(
      stay.map(({ part }) => part),
      this.#parts.now(),
    );
    if (!(await this.#replace(grant, after, placement))) return false;
    if (after === undefined) this.moved += 1;
    else if (after.suspendedAt !== undefined && grant.suspendedAt === undefined)
      this.suspended += 1;
    return true;
  }

  async #moveTo(to: string, grant: Grant, placement: Placement): Promise<boolean> {
    const subject = memberSubject(to);
    const existingOf = async () =>
      (await this.#member(to)).grants.find(({ permission }) => permission === grant.permission);
    const there = await existingOf();
    // A grant that is there is placed first: its person may have left this userid.
    if (there && !this.#placed.has(there) && !(await this.#place(to, there))) return false;
    const existing = await existingOf();
    const moved = withSuspension({ ...grant, subject }, placement);
    const after = strictest([...(existing ? partsOf(existing) : []), moved], this.#parts.now());
    if ((after?.setAside?.length ?? 0) > (existing?.setAside?.length ?? 0)) {
      this.setAside.push({ subject, permission: grant.permission });
    }
    return this.#replace(existing ?? { subject, permission: grant.permission }, after, placement);
  }

  /** One conditional write with its audit line; none if nothing changes. */
  async #replace(
    before: Grant | Pick<Grant, 'subject' | 'permission'>,
    after: Grant | undefined,
    { by }: Placement,
  ): Promise<boolean> {
    const { table, corpId } = this.#parts;
    const { subject, permission } = before;
    const seen = 'effect' in before ? before : undefined;
    if (after && seen && JSON.stringify(plain(after)) === JSON.stringify(plain(seen))) return true;

    const line: AuditLine = {
      at: by?.notedAt ?? this.#parts.now(),
      by: DIRECTORY,
      subject,
      permission,
      ...(seen && { before: termsOf(seen) }),
      ...(after && { after: termsOf(after) }),
      ...(by && { cause: causeOf(by) }),
    };
    // A hash of the change, so that repeating it after a crash writes the same line.
    const id = hash(JSON.stringify([line, by?.id, seen && plain(seen), after && plain(after)]));
    // `at` is the time of the cause, which may be older than the work.
    const item = { ...auditItem(corpId, line, id), madeAt: this.#parts.now() };
    const isNew = await table.put(item, { expression: 'attribute_not_exists(pk)' });
    if (!(await replaceGrant(table, corpId, { subject, permission, before: seen, after }, id))) {
      if (isNew) await table.delete(auditKey(corpId, subject, line.at, id));
      return false;
    }
    this.#made.set(id, { id, line });
    const userid = useridOfSubject(subject);
    const member = await this.#member(userid);
    member.grants = member.grants.filter((grant) => grant.permission !== permission);
    if (after) member.grants.push({ ...after, version: id });
    return true;
  }
}

function withSuspension(grant: Grant, { by, isSuspended }: Placement): Grant {
  const { suspendedAt: _before, ...rest } = grant;
  return isSuspended && by ? { ...rest, suspendedAt: by.happenedAt * 1_000 } : rest;
}

/** The grant and what was set aside for it, as grants of their own. */
function partsOf({ setAside = [], ...grant }: Grant): Grant[] {
  const { subject, permission } = grant;
  return [grant, ...setAside.map((each) => ({ subject, permission, ...each }))];
}

/**
 * Of grants of one permission to one subject, the one that refuses most: a denial before an allowance, a
 * longer denial before a shorter one, a shorter allowance before a longer one. A grant in force wins over
 * one that is expired or suspended. Denials become one of all their persons. Allowances that lose are set
 * aside, because an event that comes later may show that they are another person's.
 *
 * @returns nothing if there are none
 */
function strictest(parts: readonly Grant[], now: number): Grant | undefined {
  // Each once: a run that died may have moved it already.
  const all = [...new Map(parts.map((part) => [identity(part), part])).values()];
  const live = all.filter((part) => counts(part, now));
  const end = ({ until = Number.POSITIVE_INFINITY }: Grant) => until;
  const denials = live.filter(({ effect }) => effect === 'deny').sort((a, b) => end(b) - end(a));
  const allowances = live
    .filter(({ effect }) => effect === 'allow')
    .sort((a, b) => end(a) - end(b));
  const first = denials[0] ?? allowances[0] ?? all[0];
  if (first === undefined) return undefined;
  const setAside = all
    .filter((part) => part !== first && part.effect === 'allow' && !isExpired(part, now))
    .map((part) => {
      const { subject: _, permission: __, version: ___, ...rest } = part;
      return { ...rest, origins: originsOf(part) };
    })
    .slice(-MAX_ORIGINS);
  const persons = denials.length > 0 ? denials.flatMap(originsOf) : originsOf(first);
  const origins = [...new Map(persons.map((each) => [JSON.stringify(each), each])).values()];
  return {
    ...first,
    ...(origins.length > 1 || first.origins ? { origins: origins.slice(-MAX_ORIGINS) } : {}),
    ...(setAside.length > 0 && { setAside }),
  };
}

/** What tells a grant from all others of its subject and permission. */
function identity(grant: Grant): string {
  return JSON.stringify([grant.effect, grant.by, grant.at, originsOf(grant)]);
}

/** The stored fields of a grant, for comparison. */
function plain(grant: Grant) {
  const { effect, until, note, by, at, suspendedAt, setAside } = grant;
  return [effect, until, note, by, at, suspendedAt, originsOf(grant), setAside];
}

function causeOf(change: StoredChange): Cause {
  const { kind, userid } = change;
  return kind === 'renamed' ? { kind, userid, newUserid: change.newUserid } : { kind, userid };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
