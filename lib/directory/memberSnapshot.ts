import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import type { App } from '../tableKeys.ts';
import { getUser, isActive, type User } from '../wecom/api/getUser.ts';
import type { WecomClient } from '../wecom/client.ts';
import { isMemberNotShown, WecomUnreadableAnswer } from '../wecom/errors.ts';
import { foldUserid } from '../wecom/userid.ts';
import { SIGN_IN_REWRITE_MS } from './freshness.ts';
import { type Snapshot, UNREADABLE_ANSWER } from './membership.ts';
import { writeObserved } from './membershipWrite.ts';

/**
 * Asks WeCom about a member. If WeCom does not know or show the member, or its answer cannot be read,
 * the state is `gone`.
 *
 * @throws other errors of `user/get`
 */
export async function readSnapshot(
  client: WecomClient,
  userid: string,
  clock: Clock,
  invocation: Invocation,
): Promise<Snapshot> {
  const readAt = clock.now();
  try {
    return snapshotOf(await getUser(client, userid, invocation), readAt);
  } catch (error) {
    const snapshot = snapshotOfError(error, readAt);
    if (snapshot === undefined) throw error;
    if (error instanceof WecomUnreadableAnswer) {
      const { code, message, details } = error;
      invocation.log.warn('The answer about a member cannot be read: the member is refused', {
        ...details,
        error: code,
        problem: message,
      });
    }
    return snapshot;
  }
}

function snapshotOf(user: User, readAt: number): Snapshot {
  const active = isActive(user);
  return {
    state: active ? 'active' : 'gone',
    // An app that may not see the status gets none, and it counts as 1 (document 90196).
    why: `status ${user.status ?? 1}`,
    departments: active ? user.department : [],
    readAt,
  };
}

function snapshotOfError(error: unknown, readAt: number): Snapshot | undefined {
  if (error instanceof WecomUnreadableAnswer) {
    return { state: 'gone', why: UNREADABLE_ANSWER, departments: [], readAt };
  }
  if (!isMemberNotShown(error)) return undefined;
  return { state: 'gone', why: `errcode ${error.errcode}`, departments: [], readAt };
}

/** `user/get`; see getUser.ts. */
export type ReadUser = (userid: string, invocation: Invocation) => Promise<User>;

const MEMORY_ENTRIES = 10_000;

/** `user/get` for sign-ins, which also stores the answer as a membership. */
export class SignInUsers {
  readonly #client: WecomClient;
  readonly #table: Table;
  readonly #app: App;
  readonly #clock: Clock;
  /** What this instance last wrote about each member, and the time of that snapshot. */
  readonly #written = new Map<string, { content: string; readAt: number }>();

  constructor(parts: {
    readonly client: WecomClient;
    /** The permission table. */
    readonly table: Table;
    readonly app: App;
    readonly clock: Clock;
  }) {
    this.#client = parts.client;
    this.#table = parts.table;
    this.#app = parts.app;
    this.#clock = parts.clock;
  }

  /**
   * Reads the member, and stores the membership in the background. The same instance does not write
   * an active member again within ten minutes unless something changed.
   *
   * @throws what `getUser` throws
   */
  async read(userid: string, invocation: Invocation): Promise<User> {
    const readAt = this.#clock.now();
    try {
      const user = await getUser(this.#client, userid, invocation);
      this.#observe(userid, snapshotOf(user, readAt), invocation);
      return user;
    } catch (error) {
      const snapshot = snapshotOfError(error, readAt);
      if (snapshot) this.#observe(userid, snapshot, invocation);
      throw error;
    }
  }

  #observe(userid: string, snapshot: Snapshot, invocation: Invocation): void {
    const member = foldUserid(userid);
    const content = [snapshot.why, ...snapshot.departments].join();
    const last = this.#written.get(member);
    const isRecent =
      last?.content === content && snapshot.readAt < last.readAt + SIGN_IN_REWRITE_MS;
    // `gone` is always written: another instance may have written `active` since.
    if (isRecent && snapshot.state === 'active') return;
    invocation.waitUntil(
      writeObserved(this.#table, this.#app, userid, snapshot).then(() => {
        if (this.#written.size >= MEMORY_ENTRIES) this.#written.clear();
        this.#written.set(member, { content, readAt: snapshot.readAt });
      }),
    );
  }
}
