import type { Clock } from '../clock.ts';
import { WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { DirectoryReader } from './directoryReader.ts';
import type { DirectoryRecord } from './directoryRecord.ts';
import type { Membership } from './membership.ts';
import type { MembershipStore } from './membershipStore.ts';
import { groupsDue, nextReading, READING_TIME, RETRY_PAUSE, readingDue } from './nextReading.ts';

/** Memberships, kept as fresh as nextReading.ts says. */
export interface Memberships {
  /**
   * The member's membership, asked of WeCom where it is due: by one caller, while others wait for
   * it or go on with what is stored. If WeCom cannot be asked, what is stored.
   *
   * @param stored as just read from the store
   * @param directory the record this instance knows
   * @throws StoreUnavailable
   */
  current(
    userid: string,
    stored: Membership | undefined,
    directory: DirectoryRecord,
    invocation: Invocation,
  ): Promise<Membership | undefined>;
}

export interface MembershipsParts {
  readonly store: MembershipStore;
  /** Loads what talks to WeCom: most requests never need it. */
  readonly reader: () => Promise<DirectoryReader>;
  readonly clock: Clock;
}

const FIRST_POLL = 50;
const LONGEST_POLL = 400;
/** Only a defect could need more: each one follows a wait or a write by another instance. */
const TURNS = 100;

export function createMemberships({ store, reader, clock }: MembershipsParts): Memberships {
  async function current(
    userid: string,
    stored: Membership | undefined,
    directory: DirectoryRecord,
    invocation: Invocation,
  ): Promise<Membership | undefined> {
    const patience = Math.min(clock.now() + READING_TIME, invocation.deadline);
    let known = stored;
    let poll = FIRST_POLL;
    for (let turn = 0; turn < TURNS; turn++) {
      const next = nextReading(known, directory.version, clock.now());
      if (next === 'use') return known;
      if (next === 'use-and-renew') {
        invocation.background(renew(userid, known, directory, invocation));
        return known;
      }
      if (next === 'renew') {
        const renewed = await renew(userid, known, directory, invocation);
        if (renewed) return renewed;
      } else {
        if (clock.now() + poll >= patience) return known;
        await clock.sleep(poll);
        poll = Math.min(poll * 2, LONGEST_POLL);
      }
      known = await store.read(userid);
    }
    return known;
  }

  /** @returns nothing when another was first, here or while WeCom was asked: look at the store again */
  async function renew(
    userid: string,
    stored: Membership | undefined,
    directory: DirectoryRecord,
    invocation: Invocation,
  ): Promise<Membership | undefined> {
    const start = clock.now();
    if (!(await store.claim(userid, crypto.randomUUID(), start))) return undefined;
    const limited = {
      ...invocation,
      deadline: Math.min(invocation.deadline, start + READING_TIME),
    };
    let known = stored;
    let retryAt: number | undefined;
    try {
      const { member, groups } = await reader();
      if (readingDue(known, start) !== 'no') {
        known = { ...known, reading: await member(userid, limited) };
      }
      if (known?.reading && groupsDue(known, directory.version, start) !== 'no') {
        const { departments } = known.reading;
        known = { ...known, groups: await groups(userid, departments, directory, limited) };
      }
    } catch (error) {
      if (!(error instanceof WecomAuthError)) throw error;
      retryAt = clock.now() + RETRY_PAUSE;
      await store.pause(userid, retryAt);
      invocation.log.warn('WeCom could not be asked about a member: what is stored serves', {
        ...error.details,
        error: error.code,
      });
    }
    if (known?.reading === undefined || known === stored)
      return { ...known, ...(retryAt !== undefined && { retryAt }) };
    const { reading, groups } = known;
    const news = { reading, ...(groups && { groups }), ...(retryAt !== undefined && { retryAt }) };
    return (await store.save(userid, news)) ? { ...known, ...news } : undefined;
  }

  return { current };
}
