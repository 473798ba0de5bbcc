import type { DirectoryChanges } from '../directory/directoryChanges.ts';
import type { Invocation } from '../invocation.ts';
import type { PersonEvent } from '../permissions/personChange.ts';
import type { CallbackEvent, UnknownEvent } from './event.ts';

/** An event that changes what we know. */
export type KnownEvent = Exclude<CallbackEvent, UnknownEvent>;

/** The effects of an event on the grants of the member itself. */
export interface PersonChanges {
  /**
   * Records pending work, so that the members concerned are refused until it is done.
   *
   * @returns the userids to pass to `handOver`; none if there is no work
   */
  note(event: PersonEvent): Promise<string[]>;
  /** Starts `personChanges`, the function that may write grants. */
  handOver(userids: readonly string[]): Promise<void>;
}

/** The effects of an event on what the member is signed in to. */
export interface MemberSignOuts {
  /**
   * Has the member signed out of every application.
   *
   * @param isCertain absent: only if WeCom does not show them as an active member any more
   */
  request(userid: string, isCertain?: 'certain'): Promise<void>;
}

/**
 * Applies an event. Events arrive late, twice and in any order, so the new values in them are not
 * used: an event only says what to read from WeCom again, and whose grants to check.
 *
 * Both steps run in parallel, because WeCom waits five seconds. When one fails, the next delivery
 * repeats both.
 *
 * @throws StoreUnavailable, HandOverFailed
 */
export async function applyEvent(
  event: KnownEvent,
  changes: DirectoryChanges,
  persons: PersonChanges,
  signOuts: MemberSignOuts,
  invocation: Invocation,
): Promise<void> {
  const steps = [recordWork(event, persons), invalidate(event, changes, invocation)] as const;
  // Waits for both, also if one fails.
  await Promise.allSettled(steps);
  const [userids] = await Promise.all(steps);
  // Before that function parts the userid from its person.
  await requestSignOut(event, signOuts);
  if (userids.length > 0) await persons.handOver(userids);
}

async function recordWork(event: KnownEvent, persons: PersonChanges): Promise<string[]> {
  switch (event.type) {
    case 'delete_user':
    case 'create_user': {
      const { id, userid, createdAt } = event;
      const kind = event.type === 'delete_user' ? 'left' : 'created';
      return persons.note({ kind, id, userid, createdAt });
    }
    case 'update_user': {
      const { id, userid, newUserid, createdAt } = event;
      if (newUserid === undefined) return [];
      return persons.note({ kind: 'renamed', id, userid, newUserid, createdAt });
    }
    default:
      return [];
  }
}

async function requestSignOut(event: KnownEvent, signOuts: MemberSignOuts): Promise<void> {
  switch (event.type) {
    case 'delete_user':
      return signOuts.request(event.userid, 'certain');
    case 'unsubscribe':
      return signOuts.request(event.userid);
    case 'update_user':
      // WeCom no longer knows the old userid of somebody who is still here.
      if (event.newUserid === undefined) await signOuts.request(event.userid);
      return;
  }
}

/** Marks what is stored as out of date. */
async function invalidate(
  event: KnownEvent,
  changes: DirectoryChanges,
  invocation: Invocation,
): Promise<void> {
  switch (event.type) {
    case 'unsubscribe':
      return changes.memberLeft(event.userid, invocation);
    case 'delete_user':
      return changes.memberDeleted(event.userid, invocation);
    case 'subscribe':
    case 'create_user':
      return changes.memberChanged(event.userid, invocation);
    case 'update_user':
      // After a rename WeCom no longer knows the old userid; reading it again shows that.
      await Promise.all(
        [event.userid, event.newUserid]
          .filter((userid) => userid !== undefined)
          .map((userid) => changes.memberChanged(userid, invocation)),
      );
      return;
    case 'create_party':
    case 'update_party':
    case 'delete_party':
      return changes.departmentChanged(event.departmentId, invocation);
    case 'update_tag':
      return changes.tagChanged(event.tagId, invocation);
  }
}
