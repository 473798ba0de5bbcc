import type { Invocation } from '../invocation.ts';
import { personOf, signOutPerson } from '../permissions/person.ts';
import { SignOutIncomplete } from './errors.ts';
import {
  claimTelling,
  deleteSignIn,
  listSignIns,
  type SignIn,
  type SignInStore,
} from './signIns.ts';

/**
 * Work for `signOuts`. AWS may run it several times, and late; `id` is the work's own.
 *
 * - `subs`: everything that these people are signed in to ends. Without `isCertain` only if WeCom does
 *   not show them as active members any more.
 * - `sub` and `session`: the person signed out of one session. What rests on it has ended already, and
 *   its clients are told.
 */
export type SignOutWork =
  | { readonly id: string; readonly subs: readonly string[]; readonly isCertain: boolean }
  | { readonly id: string; readonly sub: string; readonly session: string };

/** What a run did, for the log. */
export interface SignedOut {
  /** People whose sign-ins were ended. */
  readonly people: number;
  /** Clients that were told. */
  readonly told: number;
}

export interface SignOutsParts {
  readonly signIns: SignInStore;
  /** Asks WeCom if the membership is stale. @throws StoreUnavailable */
  readonly stateOf: (
    userid: string,
    invocation: Invocation,
  ) => Promise<'active' | 'gone' | 'unknown'>;
  /**
   * Sends the client its logout token.
   *
   * @returns false for a client that takes none
   * @throws whatever kept it from being delivered
   */
  readonly notify: (signIn: SignIn, invocation: Invocation) => Promise<boolean>;
}

/** So many clients are told at a time. */
const PARALLEL = 20;

/** Ends sign-ins, and has the clients told. */
export class SignOuts {
  readonly #parts: SignOutsParts;

  constructor(parts: SignOutsParts) {
    this.#parts = parts;
  }

  /**
   * Does the work. It may be repeated: a client that was told is not told again, and a sign-in that
   * began after the first run goes on.
   *
   * @throws SignOutIncomplete if a client could not be told, or WeCom not be asked; StoreUnavailable
   */
  async run(work: SignOutWork, invocation: Invocation): Promise<SignedOut> {
    const { signIns } = this.#parts;
    if ('session' in work) {
      const told = await this.#tell(
        work.id,
        await listSignIns(signIns, work.sub, work.session),
        invocation,
      );
      return { people: 0, told };
    }
    let [people, told, left] = [0, 0, 0];
    for (const sub of work.subs) {
      const isOver = work.isCertain ? true : await this.#isGone(sub, invocation);
      if (isOver === undefined) left += 1;
      if (!isOver) continue;
      // First: whatever is issued from here on belongs to a new sign-in.
      await signOutPerson(signIns, sub, work.id, signIns.clock.now());
      people += 1;
      const { signedOutAt } = await personOf(signIns, sub);
      const ended = (await listSignIns(signIns, sub)).filter(
        ({ signedInAt }) => signedInAt < (signedOutAt + 1) * 1_000,
      );
      told += await this.#tell(work.id, ended, invocation).catch((error: unknown) => {
        if (!(error instanceof SignOutIncomplete)) throw error;
        left += 1;
        return 0;
      });
    }
    if (left > 0) throw new SignOutIncomplete(`${left} people are not signed out everywhere`);
    return { people, told };
  }

  /** @returns nothing if WeCom cannot be asked */
  async #isGone(sub: string, invocation: Invocation): Promise<boolean | undefined> {
    const { signIns, stateOf } = this.#parts;
    const { userid } = await personOf(signIns, sub);
    if (userid === undefined) return true;
    const state = await stateOf(userid, invocation);
    return state === 'unknown' ? undefined : state === 'gone';
  }

  /** @returns how many clients were told @throws SignOutIncomplete */
  async #tell(by: string, ended: readonly SignIn[], invocation: Invocation): Promise<number> {
    const { signIns, notify } = this.#parts;
    let [told, failed] = [0, 0];
    const one = async (signIn: SignIn) => {
      if (!(await claimTelling(signIns, signIn, by))) return;
      try {
        if (await notify(signIn, invocation)) told += 1;
      } catch (error) {
        failed += 1;
        invocation.log.metric('LogoutNotDelivered', 'A client was not told of a sign-out', {
          clientId: signIn.clientId,
          reason: reasonOf(error),
          advice:
            'AWS tries again after one and two minutes. See docs/operations.md#sign-outs if it stays so.',
        });
        return;
      }
      await deleteSignIn(signIns, signIn);
    };
    for (let from = 0; from < ended.length; from += PARALLEL) {
      await Promise.all(ended.slice(from, from + PARALLEL).map(one));
    }
    if (failed > 0) throw new SignOutIncomplete(`${failed} clients were not told`);
    return told;
  }
}

/** Never the message: it may quote the address. */
function reasonOf(error: unknown): string {
  const { code, name, response } = (error ?? {}) as {
    code?: unknown;
    name?: unknown;
    response?: { status?: unknown };
  };
  if (response?.status !== undefined) return `HTTP ${response.status}`;
  return typeof code === 'string' ? code : String(name);
}
