import type { Clock } from '../clock.ts';
import { RetryWithin, WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { poll } from '../poll.ts';
import type { IssueSession, Session } from '../session/sessions.ts';
import type { Visitor } from '../wecom/api/getUserInfo.ts';
import { WecomBadBody, WecomBadStatus, WecomTransportError } from '../wecom/errors.ts';
import { SignInUnderWay, StateRefused } from './errors.ts';
import { isState, isVerifier, s256 } from './pkce.ts';
import type { Member, SignIn } from './signIn.ts';
import {
  errorOf,
  type Outcome,
  REPLAY_WINDOW_MS,
  type Redemption,
  refusalOf,
} from './stateRecord.ts';
import type { Replay, StateStore } from './stateStore.ts';

/** What a browser brings back from WeCom, and the verifier that it kept. */
export interface Proof {
  readonly code: string;
  readonly state?: string | undefined;
  readonly verifier?: string | undefined;
}

export interface SignedIn {
  readonly member: Member;
  /** The same for every response to one sign-in. Absent for a sign-in without a state. */
  readonly id?: string;
  /** Absent for a sign-in without a state. */
  readonly session?: Session;
}

export interface RedeemParts {
  readonly store: StateStore;
  readonly signIn: SignIn;
  /** See `prepareSession`. */
  readonly prepareSession: (invocation: Invocation) => Promise<IssueSession>;
  /** Whether a sign-in without a state is refused. */
  readonly requireState: boolean;
  readonly clock: Clock;
}

/** How long an equal request waits for the first one: longer than a sign-in takes. */
const WAIT_MS = 8_000;
/** How long WeCom accepts a code (document 91022). */
const CODE_SECONDS = 300;

/**
 * Redeems a code: without a state for the member alone; with a state, and once for each state, for the
 * member and a session.
 *
 * WeCom's browsers are known to open a redirect twice. So the same code, state and verifier may come
 * again within a minute, and get the same member and session, or the same refusal. The instance that
 * answered first still has its answer. Another one gets the userid from the state's record and reads
 * the rest from WeCom; `mobile` and `email` are then only those of `user/get`, because the ticket for
 * them is spent.
 *
 * After a failure, the same request can redeem the state again while the code is unspent. Later the
 * userid is stored, and the same request reads the member again. `RetryWithin` has the time limit.
 */
export class Redeemer {
  readonly #parts: RedeemParts;
  readonly #recent: RecentMembers;

  constructor(parts: RedeemParts) {
    this.#parts = parts;
    this.#recent = new RecentMembers(parts.clock);
  }

  /**
   * @throws StateRefused, SignInUnderWay, StoreUnavailable, ConfigurationError, ParameterUnavailable
   *   before WeCom is called
   * @throws RetryWithin around what `SignIn` throws
   */
  async redeem({ code, state, verifier }: Proof, invocation: Invocation): Promise<SignedIn> {
    const isStateless = state === undefined && verifier === undefined;
    if (isStateless && !this.#parts.requireState) return this.#redeemWithoutState(code, invocation);
    if (!state || !verifier) throw new StateRefused('absent');
    if (!isState(state) || !isVerifier(verifier)) throw new StateRefused('malformed');
    const { store, clock, prepareSession } = this.#parts;
    const challenge = s256(verifier);
    const redemption: Redemption = {
      id: crypto.randomUUID(),
      at: clock.now(),
      codeHash: s256(code),
    };

    // First, so that neither state nor code is spent if there is no key for the session.
    const issue = await prepareSession(invocation);
    const replay = (await store.consume(state, challenge, redemption))
      ? undefined
      : await this.#waitForReplay(state, challenge, redemption, invocation);
    // If the response to `consume` was lost and the SDK sent it again, this request did consume.
    const isReplay = replay !== undefined && replay.id !== redemption.id;
    const member = isReplay
      ? await this.#readAgain(replay, invocation)
      : await this.#redeemOnce(code, state, redemption, invocation);
    const effective = isReplay ? replay : redemption;
    return { id: effective.id, member, session: await issue(member.userid, effective) };
  }

  async #redeemWithoutState(code: string, invocation: Invocation): Promise<SignedIn> {
    const { signIn } = this.#parts;
    const visitor = await signIn.redeemCode(code, invocation);
    try {
      return { member: await signIn.readMember(visitor, invocation) };
    } catch (error) {
      throw new RetryWithin(error, 0);
    }
  }

  async #redeemOnce(
    code: string,
    state: string,
    redemption: Redemption,
    invocation: Invocation,
  ): Promise<Member> {
    const { store, signIn } = this.#parts;
    const resolve = (outcome: Outcome) =>
      invocation.waitUntil(store.resolve(state, redemption, outcome));

    let visitor: Visitor;
    try {
      visitor = await signIn.redeemCode(code, invocation);
    } catch (error) {
      const refusal = refusalOf(error);
      const released =
        refusal === undefined &&
        leavesCodeUnspent(error) &&
        (await this.#release(state, redemption, invocation));
      if (!released) resolve({ refusal });
      throw new RetryWithin(error, released ? CODE_SECONDS : 0);
    }
    try {
      const member = await signIn.readMember(visitor, invocation);
      this.#recent.add(redemption.id, member);
      resolve({ userid: member.userid });
      return member;
    } catch (error) {
      const refusal = refusalOf(error);
      resolve(refusal ? { refusal } : { userid: visitor.userid });
      throw this.#withinWindow(error, redemption);
    }
  }

  #withinWindow(error: unknown, { at }: Pick<Redemption, 'at'>): RetryWithin {
    const leftMs = at + REPLAY_WINDOW_MS - this.#parts.clock.now();
    return new RetryWithin(error, Math.floor(leftMs / 1_000));
  }

  /** @returns whether the same request can redeem the state again */
  async #release(state: string, redemption: Redemption, invocation: Invocation): Promise<boolean> {
    try {
      return await this.#parts.store.release(state, redemption);
    } catch (error) {
      if (!(error instanceof WecomAuthError)) throw error;
      invocation.log.warn('The state could not be released', { ...error.details });
      return false;
    }
  }

  async #readAgain(replay: Replay, invocation: Invocation): Promise<Member> {
    const { userid, refusal } = replay.outcome ?? {};
    if (refusal) throw await errorOf(refusal);
    if (userid === undefined) throw new StateRefused('used');
    invocation.noteMember(userid);
    const recent = this.#recent.find(replay.id);
    if (recent) return recent;
    try {
      return await this.#parts.signIn.readMember({ userid, user_ticket: '' }, invocation);
    } catch (error) {
      throw this.#withinWindow(error, replay);
    }
  }

  /** Waits until the effective redemption has an outcome, or is this request's own. */
  async #waitForReplay(
    state: string,
    challenge: string,
    redemption: Redemption,
    invocation: Invocation,
  ): Promise<Replay> {
    const { store, clock } = this.#parts;
    const check = async () => {
      const replay = await store.replay(state, challenge, redemption);
      // The state was released, so each waiting request may be sent again.
      if (replay === undefined) throw new SignInUnderWay();
      return replay.outcome || replay.id === redemption.id ? replay : undefined;
    };
    const until = Math.min(clock.now() + WAIT_MS, invocation.deadline);
    const replay = await poll(check, until, clock);
    if (replay === undefined) throw new SignInUnderWay();
    return replay;
  }
}

/**
 * Whether the code can still be redeemed after `auth/getuserinfo` failed: WeCom answered an errcode, or
 * did not receive the request. A request without a readable answer may have spent the code, and so may
 * one that ended in a defect.
 */
export function leavesCodeUnspent(error: unknown): boolean {
  if (error instanceof WecomTransportError) return !error.mayHaveArrived;
  if (error instanceof WecomBadStatus || error instanceof WecomBadBody) return false;
  // An errcode of WeCom, or no access_token to call it with.
  return error instanceof WecomAuthError;
}

/** A bound on memory. A member that is dropped early is read from WeCom again. */
const RECENT_MEMBERS = 100;

/** The members of this instance's recent answers, by redemption, for REPLAY_WINDOW_MS. */
export class RecentMembers {
  readonly #members = new Map<string, { readonly member: Member; readonly until: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(redemptionId: string, member: Member): void {
    // The oldest comes first in a Map.
    const [oldest] = this.#members.keys();
    if (oldest !== undefined && this.#members.size >= RECENT_MEMBERS) this.#members.delete(oldest);
    this.#members.set(redemptionId, { member, until: this.#clock.now() + REPLAY_WINDOW_MS });
  }

  find(redemptionId: string): Member | undefined {
    const found = this.#members.get(redemptionId);
    return found && this.#clock.now() < found.until ? found.member : undefined;
  }
}
