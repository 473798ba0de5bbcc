import type { DirectoryChanges } from '../directory/directoryChanges.ts';
import type { Invocation } from '../invocation.ts';
import type { PersonEvent } from '../permissions/personChange.ts';
import type { KnownEvent } from './event.ts';

/** The effects of an event on the member's own grants. */
export interface PersonChanges {
  /**
   * Records pending work. `verify` refuses its members until it is done.
   *
   * @returns the userids to pass to `handOver`; none if there is no work
   */
  note(event: PersonEvent): Promise<string[]>;
  /** Starts `personChanges`, the function that may write grants. */
  handOver(userids: readonly string[]): Promise<void>;
}

/** The effects of an event on the member's sign-ins at applications. */
export interface MemberSignOuts {
  /** The `sub` by which applications know the member; nothing if the member signed in to none. */
  subOf(userid: string): Promise<string | undefined>;
  /**
   * Starts `signOuts`, which signs the person out of every application.
   *
   * @param isCertain if false, `signOuts` first asks WeCom whether the member is still active
   */
  handOver(sub: string, isCertain: boolean): Promise<void>;
}

/**
 * Applies an event. Events arrive late, twice and in any order, so the new values in them are not
 * used: an event only says what to read from WeCom again, and whose grants to check.
 *
 * The steps run in parallel, because WeCom waits five seconds. If one fails, the next delivery repeats
 * all of them.
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
  const leaver = leaverOf(event);
  const steps = [
    recordWork(event, persons),
    leaver && signOuts.subOf(leaver.userid),
    invalidate(event, changes, invocation),
  ] as const;
  // Waits for all of them, even if one fails.
  await Promise.allSettled(steps);
  const [userids, sub] = await Promise.all(steps);
  // First, because after personChanges the userid no longer leads to the person.
  if (leaver && sub !== undefined) await signOuts.handOver(sub, leaver.isCertain);
  if (userids.length > 0) await persons.handOver(userids);
}

async function recordWork(event: KnownEvent, persons: PersonChanges): Promise<string[]> {
  switch (event.type) {
    case 'delete_user':
    case 'create_user': {
      const { id, userid, createdAt, clockLagSeconds } = event;
      const kind = event.type === 'delete_user' ? 'left' : 'created';
      return persons.note({ kind, id, userid, createdAt, clockLagSeconds });
    }
    case 'update_user': {
      const { id, userid, newUserid, createdAt, clockLagSeconds } = event;
      if (newUserid === undefined) return [];
      return persons.note({ kind: 'renamed', id, userid, newUserid, createdAt, clockLagSeconds });
    }
    default:
      return [];
  }
}

/** The member who left, or who may have left: is disabled, or not visible to the app. */
function leaverOf(event: KnownEvent): { userid: string; isCertain: boolean } | undefined {
  switch (event.type) {
    case 'delete_user':
      return { userid: event.userid, isCertain: true };
    case 'unsubscribe':
      return { userid: event.userid, isCertain: false };
    case 'update_user':
      // After a rename WeCom does not know the old userid, although the person is still a member.
      if (event.newUserid !== undefined) return undefined;
      return { userid: event.userid, isCertain: false };
    default:
      return undefined;
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
    default:
      event satisfies never;
  }
}
