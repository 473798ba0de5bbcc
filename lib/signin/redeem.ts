import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import { poll } from '../poll.ts';
import type { Session, Sessions } from '../session/sessions.ts';
import { isVerifier, s256 } from './challenge.ts';
import { SignInUnderWay, StateRefused } from './errors.ts';
import { createRecentAnswers } from './recentAnswers.ts';
import { errorOf, refusalOf } from './refusal.ts';
import type { Member, SignIn } from './signIn.ts';
import { isState } from './state.ts';
import { type Outcome, REPLAY_WINDOW, type Redemption } from './stateRecord.ts';
import type { StateStore } from './stateStore.ts';

/** What a browser brings back from WeCom, and what it kept for itself. */
export interface Proof {
  readonly code: string;
  readonly state?: string | undefined;
  readonly verifier?: string | undefined;
}

export interface SignedIn {
  readonly member: Member;
  readonly session: Session;
}

/** @throws StateRefused before WeCom is called, SignInUnderWay, and what a sign-in throws */
export type Redeem = (proof: Proof, invocation: Invocation) => Promise<SignedIn>;

export interface RedeemParts {
  readonly store: StateStore;
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly clock: Clock;
}

/** How long an equal request waits for the first one: longer than a sign-in takes. */
const PATIENCE = 8_000;

/**
 * Redeems a state: once, for a member and a session.
 *
 * WeCom's browsers are known to open a redirect twice, so the very same code, state and verifier may
 * come again within a minute, and get the same member and session, or the same refusal. The instance
 * that answered first still has its answer. Another one has the userid from the state's record and
 * asks WeCom for the rest; `mobile` and `email` are then only what `user/get` gives, because the
 * ticket for them is spent.
 */
export function createRedeem({ store, signIn, sessions, clock }: RedeemParts): Redeem {
  const recent = createRecentAnswers<Member>(clock, REPLAY_WINDOW);

  return async function redeem({ code, state, verifier }, invocation) {
    if (!state || !verifier) throw new StateRefused('absent');
    if (!isState(state) || !isVerifier(verifier)) throw new StateRefused('malformed');
    const challenge = s256(verifier);
    const mine: Redemption = { id: crypto.randomUUID(), at: clock.now(), codeHash: s256(code) };

    // First of all, so that a sign-in that could not end in a session spends nothing.
    const issue = await sessions.prepare(invocation);
    const redemption = (await store.consume(state, challenge, mine))
      ? mine
      : await redeemed(state, challenge, mine, invocation);
    const member =
      redemption.id === mine.id
        ? await first(code, state, mine, invocation)
        : await again(redemption, invocation);
    return { member, session: await issue(member.userid, redemption) };
  };

  async function first(
    code: string,
    state: string,
    { id }: Redemption,
    invocation: Invocation,
  ): Promise<Member> {
    const resolve = (outcome: Outcome) => invocation.waitUntil(store.resolve(state, outcome));
    try {
      const member = await signIn.withCode(code, invocation);
      recent.add(id, member);
      resolve({ userid: member.userid });
      return member;
    } catch (error) {
      resolve({ refusal: refusalOf(error) });
      throw error;
    }
  }

  async function again({ id, outcome }: Redeemed, invocation: Invocation): Promise<Member> {
    const { userid, refusal } = outcome ?? {};
    if (refusal) throw await errorOf(refusal);
    if (userid === undefined) throw new StateRefused('used');
    return recent.find(id) ?? (await signIn.again(userid, invocation));
  }

  /**
   * The redemption that counts, with what it came to. Our own, where it does count after all: the
   * answer to our write was lost on the way, and it was sent again.
   */
  async function redeemed(
    state: string,
    challenge: string,
    mine: Redemption,
    invocation: Invocation,
  ): Promise<Redeemed> {
    const look = async () => {
      const { redemption, outcome } = await store.redeemed(state, challenge, mine);
      return outcome || redemption.id === mine.id ? { ...redemption, outcome } : undefined;
    };
    const until = Math.min(clock.now() + PATIENCE, invocation.deadline);
    const found = await poll(look, until, clock);
    if (found === undefined) throw new SignInUnderWay();
    return found;
  }
}

interface Redeemed extends Redemption {
  readonly outcome?: Outcome | undefined;
}
