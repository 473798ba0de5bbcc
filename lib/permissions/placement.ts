import type { Effect, Origin } from './grant.ts';
import { isRenameFrom, type StoredChange } from './personChange.ts';

/** Where a grant belongs after all changes of the directory. */
export interface Placement {
  readonly userid: string;
  /** The change that moved or suspended it; absent if none did. */
  readonly by?: StoredChange;
  readonly isSuspended: boolean;
}

/** How far WeCom's clock may differ from ours, beyond the second that CreateTime is cut to. */
const CLOCK_SKEW_S = 2;
/** Renames that are followed. */
const MAX_HOPS = 50;

/**
 * Follows the person that a grant was made for through the changes of the directory since then. The
 * result depends only on the changes, not on the order in which they were received.
 *
 * ```text
 *   zhang   ──grant────renamed─┐   arrived──► a newcomer, who does not have the grant
 *   zhang9                     └──────────left──► suspended (a denial stays)
 *   time    ──────────────────────────────────►
 * ```
 *
 * - A rename moves the grant.
 * - A deletion suspends an allowance. So does the arrival of another person, unless nobody had the
 *   userid when the grant was made: then it was made for the newcomer.
 * - A denial stays with the userid until a rename moves it.
 *
 * After `MAX_HOPS` renames the placement so far is returned.
 *
 * @param changesOf all stored changes of a userid
 */
export async function placementOf(
  origin: Origin,
  effect: Effect,
  changesOf: (userid: string) => Promise<readonly StoredChange[]>,
): Promise<Placement> {
  let placement: Placement = { userid: origin.userid, isSuspended: false };
  /** When the last followed rename happened, in seconds since the epoch. */
  let since: number | undefined;

  for (let hop = 0; hop < MAX_HOPS; hop++) {
    const { userid } = placement;
    const changes = await changesOf(userid);
    const before = changes.filter((change) => !comesAfterGrant(change, origin.at));
    const isLater = (change: StoredChange): boolean => {
      if (since === undefined) {
        return (
          comesAfterGrant(change, origin.at) && !before.some((each) => isNoOlder(each, change))
        );
      }
      if (change.happenedAt !== since) return change.happenedAt > since;
      // A rename in that second is of whoever made room: WeCom lets a userid be changed once.
      return change.kind === 'left';
    };
    const later = changes.filter(isLater).sort(inOrder(userid));
    const earlier = changes.filter((change) => !isLater(change));
    const wasFree = since === undefined && isFreeAfter(earlier, userid);
    const next = firstThatCounts(later, userid, effect, {
      isFree: wasFree,
      isKnown: earlier.length > 0,
    });
    if (next === undefined) return placement;
    if (next.kind !== 'renamed' || next.userid !== userid) {
      return { userid, by: next, isSuspended: true };
    }
    since = next.happenedAt;
    placement = { userid: next.newUserid, by: next, isSuspended: false };
  }
  return placement;
}

/**
 * Whether the grant was made before the change. A grant that was made after we received the event was
 * made for the next person with the userid.
 */
function comesAfterGrant(change: StoredChange, at: number): boolean {
  const { happenedAt, clockLagSeconds, notedAt } = change;
  return at < (happenedAt + clockLagSeconds + 1 + CLOCK_SKEW_S) * 1_000 && at < notedAt;
}

/**
 * Whether `known`, which happened before the grant, shows that `change` did too: it is the later of the
 * two by WeCom's clock, or the same change. `clockLagSeconds` cannot show this, because a late delivery
 * makes it too large.
 */
function isNoOlder(known: StoredChange, change: StoredChange): boolean {
  if (known.happenedAt !== change.happenedAt) return known.happenedAt > change.happenedAt;
  return known.kind === change.kind && known.userid === change.userid;
}

function isDeparture(change: StoredChange, userid: string): boolean {
  return change.kind === 'left' || isRenameFrom(change, userid);
}

/**
 * @param start.isFree whether nobody had the userid before these changes, as far as is known
 * @param start.isKnown whether somebody had it at any time before them
 */
function firstThatCounts(
  changes: readonly StoredChange[],
  userid: string,
  effect: Effect,
  { isFree, isKnown }: { isFree: boolean; isKnown: boolean },
): StoredChange | undefined {
  for (const change of changes) {
    if (isRenameFrom(change, userid)) return change;
    if (effect === 'deny') continue;
    if (change.kind === 'left') return change;
    if ((change.wasKnown || isKnown) && !isFree) return change;
    // The grant was made for this newcomer, and for no later one.
    isFree = false;
    isKnown = true;
  }
  return undefined;
}

/** Whether nobody had the userid after these changes, as far as is known. */
function isFreeAfter(changes: readonly StoredChange[], userid: string): boolean {
  const last = [...changes].sort(inOrder(userid)).at(-1);
  return last !== undefined && isDeparture(last, userid);
}

/**
 * By time. Within one second, departures come before arrivals, and a deletion first: if the userid was
 * left, used again and renamed, nobody may get the grants of whoever left.
 */
function inOrder(userid: string) {
  const rank = (change: StoredChange) =>
    change.kind === 'left' ? 0 : isRenameFrom(change, userid) ? 1 : 2;
  return (a: StoredChange, b: StoredChange) =>
    a.happenedAt - b.happenedAt || rank(a) - rank(b) || (a.id < b.id ? -1 : 1);
}
