import type { DirectoryChanges } from '../directory/directoryChanges.ts';
import type { Invocation } from '../invocation.ts';
import type { PersonEvent } from '../permissions/personChange.ts';
import type { CallbackEvent, UnknownEvent } from './event.ts';

/** An event that changes what we know. */
export type KnownEvent = Exclude<CallbackEvent, UnknownEvent>;

/** What follows for a member's own grants from what the directory says about the person. */
export interface PersonChanges {
  /**
   * Writes down what is due, so that the members concerned are refused until it is done.
   *
   * @returns the userids to hand over
   */
  note(event: PersonEvent): Promise<string[]>;
  /** Hands the work to the function that may write grants. */
  handOver(userids: readonly string[]): Promise<void>;
}

/**
 * Applies an event. Events come late, twice and in any order, so none is believed in what it says
 * changed: each only names what has to be read again, or what has to be looked at.
 *
 * Both steps run side by side, because WeCom waits five seconds. When one fails, the next delivery
 * repeats both.
 *
 * @throws StoreUnavailable, HandOverFailed
 */
export async function applyEvent(
  event: KnownEvent,
  changes: DirectoryChanges,
  persons: PersonChanges,
  invocation: Invocation,
): Promise<void> {
  const steps = [noteDue(event, persons), readAgain(event, changes, invocation)] as const;
  // A failure of one does not cut the other off.
  await Promise.allSettled(steps);
  const [due] = await Promise.all(steps);
  if (due.length > 0) await persons.handOver(due);
}

async function noteDue(event: KnownEvent, persons: PersonChanges): Promise<string[]> {
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

async function readAgain(
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
      // After a change of userid the old one is unknown to WeCom, which reading it again shows.
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
