import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import type { Session, Sessions } from '../session/sessions.ts';
import { isVerifier, s256 } from './challenge.ts';
import { SignInUnderWay, StateRefused } from './errors.ts';
import { createRecentAnswers } from './recentAnswers.ts';
import type { Member, SignIn } from './signIn.ts';
import { isState } from './state.ts';
import { REPLAY_WINDOW, type Redemption, type StateRecord, type StateStore } from './stateStore.ts';

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
  readonly corpId: string;
  readonly agentId: string;
  readonly store: StateStore;
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** How long an equal request waits for the first one: longer than a sign-in takes. */
const PATIENCE = 8_000;
const FIRST_POLL = 50;
const LONGEST_POLL = 500;

/**
 * Redeems a state: once, for a member and a session.
 *
 * WeCom's browsers are known to open a redirect twice, so the very same code, state and verifier may
 * come again within a minute, and gets the same member and session. The instance that answered first
 * still has its answer. Another one has the userid from the state's record and asks WeCom for the
 * rest; `mobile` and `email` are then only what `user/get` gives, because the ticket for them is spent.
 */
export function createRedeem(parts: RedeemParts): Redeem {
  const { corpId, agentId, store, signIn, sessions, clock, random } = parts;
  const recent = createRecentAnswers<Member>(clock, REPLAY_WINDOW);

  return async function redeem({ code, state, verifier }, invocation) {
    if (!state || !verifier) throw new StateRefused('absent');
    if (!isState(state) || !isVerifier(verifier)) throw new StateRefused('malformed');
    const challenge = s256(verifier);
    const attempt: Redemption = { id: crypto.randomUUID(), at: clock.now(), codeHash: s256(code) };

    // First of all, so that a sign-in that could not end in a session spends nothing.
    const issue = await sessions.prepare(invocation);
    if (await store.consume(state, challenge, attempt)) return first();
    const earlier = await resolved(state, challenge, attempt, invocation);
    // Our own write did count: its answer was lost on the way and it was sent again.
    if (earlier.redemption.id === attempt.id) return first();
    const { redemption, userid } = earlier;
    const member = recent.find(redemption.id) ?? (await signIn.again(userid, invocation));
    return { member, session: await issue(userid, redemption) };

    async function first(): Promise<SignedIn> {
      const resolve = (userid: string) =>
        invocation.background(store.resolve(String(state), userid));
      const member = await signIn.withCode(code, invocation).catch((error: unknown) => {
        resolve('');
        throw error;
      });
      recent.add(attempt.id, member);
      resolve(member.userid);
      return { member, session: await issue(member.userid, attempt) };
    }
  };

  /** The redemption that counted, if this request equals it; with a userid as soon as there is one. */
  async function resolved(
    state: string,
    challenge: string,
    attempt: Redemption,
    invocation: Invocation,
  ): Promise<{ redemption: Redemption; userid: string }> {
    const until = Math.min(clock.now() + PATIENCE, invocation.deadline);
    for (let poll = FIRST_POLL; ; poll = Math.min(2 * poll, LONGEST_POLL)) {
      const record = await store.read(state);
      const redemption = equalRedemption(record, challenge, attempt);
      const userid = record?.userid;
      if (userid === '') throw new StateRefused('used');
      if (userid !== undefined || redemption.id === attempt.id) {
        return { redemption, userid: userid ?? '' };
      }
      const pause = poll * (0.5 + random() / 2);
      if (clock.now() + pause >= until) throw new SignInUnderWay();
      await clock.sleep(pause);
    }
  }

  function equalRedemption(
    record: StateRecord | undefined,
    challenge: string,
    attempt: Redemption,
  ): Redemption {
    if (record === undefined) throw new StateRefused('unknown');
    if (record.corpId !== corpId || record.agentId !== agentId) throw new StateRefused('other-app');
    if (!equal(record.challenge, challenge)) throw new StateRefused('other-verifier');
    const { redemption } = record;
    if (redemption === undefined) throw new StateRefused('expired');
    if (!equal(redemption.codeHash, attempt.codeHash)) throw new StateRefused('used');
    if (clock.now() >= redemption.at + REPLAY_WINDOW) throw new StateRefused('used');
    return redemption;
  }
}

/** In constant time: a digest, then, cannot be guessed byte by byte. */
function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
