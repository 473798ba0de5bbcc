import type { Clock } from '../clock.ts';
import { WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { poll } from '../poll.ts';
import type { DirectoryReader } from './directoryReader.ts';
import type { DirectoryRecord } from './directoryRecord.ts';
import type { Membership } from './membership.ts';
import type { MembershipStore } from './membershipStore.ts';
import { groupsDue, nextReading, READING_TIME, RETRY_PAUSE, readingDue } from './nextReading.ts';

/**
 * The member's membership, asked of WeCom where it is due: by one caller, while others wait for it
 * or go on with what is stored. If WeCom cannot be asked, what is stored.
 *
 * @param stored as just read from the store
 * @param directory the record that this instance knows
 * @throws StoreUnavailable
 */
export type RenewMembership = (
  userid: string,
  stored: Membership | undefined,
  directory: DirectoryRecord,
  invocation: Invocation,
) => Promise<Membership | undefined>;

/** Memberships, kept as fresh as nextReading.ts says. */
export interface Memberships {
  readonly current: RenewMembership;

  /**
   * Asks WeCom about the member if that is due, unless somebody is just doing it.
   *
   * @throws StoreUnavailable
   */
  refresh(userid: string, invocation: Invocation): Promise<void>;
}

export interface MembershipsParts {
  readonly store: MembershipStore;
  readonly reader: DirectoryReader;
  readonly clock: Clock;
}

export function createMemberships({ store, reader, clock }: MembershipsParts): Memberships {
  /** @returns nothing when another was first, here or while WeCom was asked: look at the store again */
  async function renew(
    userid: string,
    stored: Membership | undefined,
    directory: DirectoryRecord | undefined,
    invocation: Invocation,
  ): Promise<Membership | undefined> {
    const start = clock.now();
    if (!(await store.claim(userid, crypto.randomUUID(), stored, start))) return undefined;
    const deadline = Math.min(invocation.deadline, start + READING_TIME);
    const { news, failure } = await ask(userid, stored, directory, { ...invocation, deadline });

    const retryAt = clock.now() + RETRY_PAUSE;
    if (failure) {
      invocation.log.warn('WeCom could not be asked about a member: what is stored serves', {
        ...failure.details,
        error: failure.code,
      });
    }
    const { reading = stored?.reading, groups = stored?.groups } = news;
    if (reading === undefined) {
      await store.pause(userid, retryAt);
      return { ...stored, retryAt };
    }
    const renewed = { reading, ...(groups && { groups }), ...(failure && { retryAt }) };
    return (await store.save(userid, renewed)) ? { ...stored, ...renewed } : undefined;
  }

  /** What is due, as far as WeCom can be asked. */
  async function ask(
    userid: string,
    stored: Membership | undefined,
    directory: DirectoryRecord | undefined,
    invocation: Invocation,
  ): Promise<{ news: Membership; failure?: WecomAuthError }> {
    const now = clock.now();
    let news: Membership = {};
    try {
      if (readingDue(stored, now) !== 'no') {
        news = { reading: await reader.member(userid, invocation) };
      }
      const known = { ...stored, ...news };
      if (directory && known.reading && groupsDue(known, directory.version, now) !== 'no') {
        const { departments } = known.reading;
        news = { ...news, groups: await reader.groups(userid, departments, directory, invocation) };
      }
      return { news };
    } catch (failure) {
      if (!(failure instanceof WecomAuthError)) throw failure;
      return { news, failure };
    }
  }

  return {
    async current(userid, stored, directory, invocation) {
      let known = stored;
      let outdated = false;
      const settled = async (): Promise<true | undefined> => {
        if (outdated) known = await store.read(userid);
        outdated = true;
        switch (nextReading(known, directory.version, clock.now())) {
          case 'use':
            return true;
          case 'use-and-renew':
            invocation.waitUntil(renew(userid, known, directory, invocation));
            return true;
          case 'renew': {
            const renewed = await renew(userid, known, directory, invocation);
            known = renewed ?? known;
            return renewed && true;
          }
          case 'wait':
            return undefined;
        }
      };
      await poll(settled, Math.min(clock.now() + READING_TIME, invocation.deadline), clock);
      return known;
    },

    async refresh(userid, invocation) {
      const stored = await store.read(userid);
      if (readingDue(stored, clock.now()) === 'no') return;
      // Without the directory's record: groups are for the next `verify` to work out.
      await renew(userid, stored, undefined, invocation);
    },
  };
}
