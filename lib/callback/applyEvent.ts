import type { DirectoryChanges } from '../directory/directoryChanges.ts';
import type { Invocation } from '../invocation.ts';
import type { CallbackEvent, UnknownEvent } from './event.ts';

/** An event that changes what we know. */
export type KnownEvent = Exclude<CallbackEvent, UnknownEvent>;

/**
 * Has the effect of an event. Events come late, twice and in any order, so that none is believed
 * in what it says changed: each only names what has to be read again.
 *
 * One after the other, never side by side: when this fails, nothing of it goes on.
 *
 * @throws what reading again throws
 */
export async function applyEvent(
  event: KnownEvent,
  changes: DirectoryChanges,
  invocation: Invocation,
): Promise<void> {
  switch (event.type) {
    case 'unsubscribe':
    case 'delete_user':
      return changes.memberLeft(event.userid, invocation);
    case 'subscribe':
    case 'create_user':
      return changes.memberChanged(event.userid, invocation);
    case 'update_user':
      // After a change of userid the old one is unknown to WeCom, which reading it again shows.
      await changes.memberChanged(event.userid, invocation);
      if (event.newUserid !== undefined) await changes.memberChanged(event.newUserid, invocation);
      return;
    case 'create_party':
    case 'update_party':
    case 'delete_party':
      return changes.departmentChanged(event.departmentId, invocation);
    case 'update_tag':
      return changes.tagChanged(event.tagId, invocation);
  }
}
