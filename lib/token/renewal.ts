import type { Clock } from '../clock.ts';
import { ParameterUnavailable, WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Parameter, ParameterValue } from '../parameters/parameter.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import type { WecomAnswer } from '../wecom/exchange.ts';
import {
  chargeCall,
  chargeNewSecret,
  closeBreaker,
  type Failure,
  openBreaker,
  wasRefused,
} from './breaker.ts';
import { logClosed, logFailure } from './breakerLog.ts';
import { stoppedBy } from './errors.ts';
import { readToken } from './readToken.ts';
import { CLOCK_SKEW, usableToken } from './storedToken.ts';
import {
  type Breaker,
  type Lease,
  type StoredToken,
  successor,
  type TokenRecord,
} from './tokenRecord.ts';
import type { TokenStore } from './tokenStore.ts';

/** One gettoken, by the one caller that holds the lease. */
export interface Renewal {
  /**
   * Takes the lease, if the record is still the one that was seen, and calls gettoken.
   *
   * @param rejected the token that WeCom refused the caller, if any; it is dropped with the claim,
   *   so that nobody is given it meanwhile
   * @returns the new token; nothing when somebody else was first, or the secret was refused: look
   *   at the record again
   * @throws TokenUnavailable when gettoken gave no token
   * @throws ParameterUnavailable, ConfigurationError when there is no secret to call it with
   */
  claim(
    seen: TokenRecord,
    owner: string,
    rejected: string | undefined,
    invocation: Invocation,
  ): Promise<StoredToken | undefined>;

  /** The same under a lease that `claim` has taken after all: it was written, its answer got lost. */
  resume(
    claimed: TokenRecord,
    rejected: string | undefined,
    invocation: Invocation,
  ): Promise<StoredToken | undefined>;
}

export interface RenewalParts {
  readonly store: TokenStore;
  /** The app's secret, by name; see parameters/parameter.ts. */
  readonly secret: Parameter;
  readonly callGetToken: (secret: string, invocation: Invocation) => Promise<WecomAnswer>;
  readonly clock: Clock;
}

/** A holder reads the secret and calls gettoken within this; see CALL_MILLISECONDS in exchange.ts. */
const HOLDER_WORK = 4_000;
/** Bound to what the holder does, never to the Lambda's time-out; so much longer as clocks differ. */
export const LEASE = HOLDER_WORK + CLOCK_SKEW;

/** The record while the lease is held: the call that is to come is counted in its breaker. */
interface Claim extends TokenRecord {
  readonly lease: Lease;
  readonly breaker: Breaker;
}

export function createRenewal({ store, secret, callGetToken, clock }: RenewalParts): Renewal {
  async function claim(
    seen: TokenRecord,
    owner: string,
    rejected: string | undefined,
    invocation: Invocation,
  ) {
    const now = clock.now();
    const claimed = {
      ...successor(seen, now, { token: seen.token?.value === rejected ? undefined : seen.token }),
      lease: { owner, until: now + LEASE },
      breaker: chargeCall(seen.breaker, now),
    };
    if (!(await store.replace(seen, claimed))) return undefined;
    return fetchToken(claimed, seen.token, rejected, invocation);
  }

  async function fetchToken(
    claimed: Claim,
    previous: StoredToken | undefined,
    rejected: string | undefined,
    invocation: Invocation,
  ): Promise<StoredToken | undefined> {
    const current = await readSecret(claimed, invocation);
    const charged = await chargeSecret(claimed, current);
    if (charged === undefined) return undefined;
    const deadline = Math.min(invocation.deadline, charged.lease.until - CLOCK_SKEW);
    const askedAt = clock.now();
    let token: StoredToken;
    try {
      const answer = await callGetToken(current.value, { ...invocation, deadline });
      const given = readToken(answer, askedAt, previous, (reason) =>
        invocation.log.warn('gettoken answered oddly', { reason }),
      );
      token = rejected === undefined ? given : { ...given, reportAnsweredAt: askedAt };
    } catch (error) {
      if (!(error instanceof WecomAuthError)) throw error;
      const breaker = await report(charged, failureOf(error, current));
      logFailure(invocation.log, charged.breaker, breaker, error, secret.name);
      // A newer secret in SSM deserves a try at once: the next look finds out.
      if (breaker.reason === 'refused') return undefined;
      throw await stoppedBy(breaker, clock.now(), secret.name, error);
    }
    // Fenced or not, WeCom gave it to us: the one who waits for it here can use it.
    const breaker = closeBreaker(charged.breaker, clock.now());
    if (await store.replace(charged, successor(charged, clock.now(), { token, breaker }))) {
      logClosed(invocation.log, charged.breaker, secret.name);
    }
    return usableToken(token, clock.now(), rejected);
  }

  /** The secret, doubted after a refusal; without one the lease is given back at once. */
  async function readSecret(claimed: Claim, invocation: Invocation): Promise<ParameterValue> {
    const { breaker } = claimed;
    try {
      for (const fresh of [wasRefused(breaker), true]) {
        const current = await secret.read(invocation, { fresh });
        // Where another instance has tried a newer one, a remembered one is known to be out of date.
        if (current.revision >= breaker.secretRevision) return current;
      }
      throw new ParameterUnavailable('SSM did not give the latest secret', {
        parameter: secret.name,
      });
    } catch (error) {
      await report(claimed, { reason: 'no-secret', errcode: -1, secretRevision: '' });
      throw error;
    }
  }

  /** @returns nothing when the lease was lost on the way */
  async function chargeSecret(
    claimed: Claim,
    { revision }: ParameterValue,
  ): Promise<Claim | undefined> {
    const breaker = chargeNewSecret(claimed.breaker, revision, clock.now());
    if (breaker === undefined) return claimed;
    const { token, lease } = claimed;
    const charged = { ...successor(claimed, clock.now(), { token }), lease, breaker };
    return (await store.replace(claimed, charged)) ? charged : undefined;
  }

  /** Gives the lease back with the reason; a token that is still in its soft margin stays. */
  async function report(claim: Claim, failure: Failure): Promise<Breaker> {
    const breaker = openBreaker(claim.breaker, failure, clock.now());
    const { token } = claim;
    await store.replace(claim, successor(claim, clock.now(), { token, breaker }));
    return breaker;
  }

  return {
    claim,
    resume: (claimed, rejected, invocation) =>
      fetchToken(claimed as Claim, claimed.token, rejected, invocation),
  };
}

function failureOf(error: WecomAuthError, { revision: secretRevision }: ParameterValue): Failure {
  if (!(error instanceof WecomErrcode) || error.errcode === -1) {
    return { reason: 'unreachable', errcode: -1, secretRevision };
  }
  const reason = error.entry.reaction === 'retry-later' ? 'limited' : 'refused';
  return { reason, errcode: error.errcode, secretRevision };
}
