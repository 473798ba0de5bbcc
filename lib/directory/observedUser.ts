import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import { getUser, type User } from '../wecom/api/getUser.ts';
import type { WecomClient } from '../wecom/client.ts';
import { foldUserid } from '../wecom/userid.ts';
import { goneReading, readingOf } from './memberReading.ts';
import type { MemberReading } from './membership.ts';
import type { MembershipStore } from './membershipStore.ts';
import { SIGN_IN_REWRITES } from './nextReading.ts';

/** `user/get`; see getUser.ts. */
export type ReadUser = (userid: string, invocation: Invocation) => Promise<User>;

const MEMORY_ENTRIES = 10_000;

/**
 * `user/get` for a sign-in, whose answer is also kept as the member's membership, beside the
 * sign-in. What this instance wrote of an active member within ten minutes it does not write again.
 */
export function createObservedUser(
  client: WecomClient,
  store: MembershipStore,
  clock: Clock,
): ReadUser {
  const written = new Map<string, { what: string; at: number }>();

  function keep(userid: string, reading: MemberReading, invocation: Invocation): void {
    const member = foldUserid(userid);
    const what = [reading.why, ...reading.departments].join();
    const last = written.get(member);
    const lately = last?.what === what && reading.readAt < last.at + SIGN_IN_REWRITES;
    // Another instance may have known a member who is gone as active since.
    if (lately && reading.state === 'active') return;
    invocation.waitUntil(
      store.save(userid, { reading }).then(() => {
        if (written.size >= MEMORY_ENTRIES) written.clear();
        written.set(member, { what, at: reading.readAt });
      }),
    );
  }

  return async function observedUser(userid, invocation) {
    const readAt = clock.now();
    try {
      const user = await getUser(client, userid, invocation);
      keep(userid, readingOf(user, readAt), invocation);
      return user;
    } catch (error) {
      const reading = goneReading(error, readAt);
      if (reading) keep(userid, reading, invocation);
      throw error;
    }
  };
}
