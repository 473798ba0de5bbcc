import type { Invocation } from '../invocation.ts';
import { personOf, signOutPerson } from '../permissions/person.ts';
import { SignOutIncomplete } from './errors.ts';
import {
  claimTelling,
  deleteSignIn,
  eachSignIn,
  endSignIn,
  type SignIn,
  type SignInStore,
} from './signIns.ts';
import type { SignOutWork } from './signOutWork.ts';

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

/** How many logout tokens are sent at a time. */
const PARALLEL = 20;
/** The clocks of functions differ by less. A sign-out takes effect at most this far in the future. */
const CLOCK_SKEW_MS = 60_000;
/** The longest that telling one client takes: the library's 2.5 s, and our writes. */
const TELLING_MS = 3_000;

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
    const telling = new Telling(this.#parts, work.id, invocation);
    let people = 0;
    let unknown = 0;
    if ('session' in work) {
      await telling.tell(eachSignIn(signIns, work.sub, work.session));
    } else {
      for (const sub of work.subs) {
        const isOver = work.isCertain ? true : await this.#isGone(sub, invocation);
        if (isOver === undefined) unknown += 1;
        if (!isOver) continue;
        // Before anything is listed: what is issued from here on belongs to a new sign-in.
        const now = signIns.clock.now();
        await signOutPerson(signIns, sub, Math.min(work.at, now + CLOCK_SKEW_MS), now);
        people += 1;
        const { signedOutAt } = await personOf(signIns, sub);
        await telling.tell(
          eachSignIn(signIns, sub),
          ({ signedInAt }) => signedInAt < (signedOutAt + 1) * 1_000,
        );
      }
    }
    const { told, failed } = telling;
    if (unknown + failed > 0) {
      throw new SignOutIncomplete(
        `${failed} sign-ins: the client was not told. ${unknown} people: WeCom could not be asked`,
      );
    }
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
}

/**
 * Tells clients in one run. A client that does not answer gets no more tokens in the run, so that it
 * does not delay the others, however many sign-ins it has. The first token to a client is sent alone:
 * it shows whether the client answers. Twenty lookups of a name that hang would delay all others.
 */
class Telling {
  told = 0;
  /** Sign-ins whose client was not told. */
  failed = 0;
  readonly #parts: SignOutsParts;
  readonly #by: string;
  readonly #invocation: Invocation;
  /** The first sign-in of each client, by the client's id. */
  readonly #firsts = new Map<string, Promise<void>>();
  readonly #silent = new Set<string>();

  constructor(parts: SignOutsParts, by: string, invocation: Invocation) {
    this.#parts = parts;
    this.#by = by;
    this.#invocation = invocation;
  }

  /** @throws StoreUnavailable */
  async tell(
    signIns: AsyncGenerator<SignIn>,
    hasEnded: (signIn: SignIn) => boolean = () => true,
  ): Promise<void> {
    const senders = Array.from({ length: PARALLEL }, async () => {
      for (;;) {
        const { done, value } = await signIns.next();
        if (done) return;
        if (hasEnded(value)) await this.#tellInTurn(value);
      }
    });
    // Waits for all, so that nothing goes on after the run.
    const outcomes = await Promise.allSettled(senders);
    const broken = outcomes.find((each) => each.status === 'rejected');
    if (broken) throw broken.reason;
  }

  /** Waits for the first token to the client. */
  async #tellInTurn(signIn: SignIn): Promise<void> {
    const { clientId } = signIn;
    const first = this.#firsts.get(clientId);
    if (first !== undefined) {
      await first;
      return this.#tellOne(signIn);
    }
    const told = this.#tellOne(signIn);
    this.#firsts.set(
      clientId,
      told.catch(() => {}),
    );
    return told;
  }

  async #tellOne(signIn: SignIn): Promise<void> {
    const { signIns, notify } = this.#parts;
    const { clientId } = signIn;
    const isLate = signIns.clock.now() > this.#invocation.deadline - TELLING_MS;
    if (isLate || this.#silent.has(clientId)) {
      await endSignIn(signIns, signIn);
      this.failed += 1;
      return;
    }
    if (!(await claimTelling(signIns, signIn, this.#by))) return;
    try {
      if (await notify(signIn, this.#invocation)) this.told += 1;
    } catch (error) {
      this.failed += 1;
      if (!isAnswer(error)) this.#silent.add(clientId);
      this.#invocation.log.metric('LogoutNotDelivered', 'A client was not told of a sign-out', {
        clientId,
        reason: reasonOf(error),
        advice:
          'AWS tries again after one and two minutes. See docs/operations.md#sign-outs if it stays so.',
      });
      return;
    }
    await deleteSignIn(signIns, signIn);
  }
}

/** Whether the client answered, with another status than it should. */
function isAnswer(error: unknown): boolean {
  return (error as { response?: unknown } | undefined)?.response !== undefined;
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
