import type { Clock } from '../clock.ts';
import { ParameterUnavailable, WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Parameter, ParameterValue } from '../parameters/parameter.ts';
import type { WecomAnswer } from '../wecom/client.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import {
  chargeCall,
  closeBreaker,
  type Failure,
  openBreaker,
  wasRefused,
  withoutSecret,
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
   * @param owner whoever holds the lease in the record already goes on with it: the claim was
   *   written, and only its answer got lost
   * @param rejected the token that WeCom refused the caller, if any; it is dropped with the claim,
   *   so that nobody is given it meanwhile
   * @returns the new token; nothing when somebody else was first, or the secret was refused: look
   *   at the record again
   * @throws TokenUnavailable when gettoken gave no token
   * @throws ParameterUnavailable, ConfigurationError when there is no secret to call it with
   */
  renew(
    seen: TokenRecord,
    owner: string,
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

/** A holder reads the secret and calls gettoken within this; see CALL_MILLISECONDS in client.ts. */
const HOLDER_WORK = 4_000;
/** Bound to what the holder does, never to the Lambda's time-out; so much longer as clocks differ. */
export const LEASE = HOLDER_WORK + CLOCK_SKEW;

/** The record while the lease is held. */
type Claim = TokenRecord & { readonly lease: Lease };
/** The same when the call that is to come is counted. */
type Charge = Claim & { readonly breaker: Breaker };

/**
 * A renewal is three writes, each only over the one before it:
 *
 *   claim ── read the secret ── charge ── gettoken ── token, or how it failed
 */
export function createRenewal({ store, secret, callGetToken, clock }: RenewalParts): Renewal {
  async function renew(
    seen: TokenRecord,
    owner: string,
    rejected: string | undefined,
    invocation: Invocation,
  ): Promise<StoredToken | undefined> {
    const claim = isHeldBy(owner, seen, clock.now())
      ? seen
      : await takeLease(seen, owner, rejected);
    if (claim === undefined) return undefined;
    const current = await readSecret(claim, invocation);
    const breaker = chargeCall(claim.breaker, current.revision, clock.now());
    const charge = await write(claim, { token: claim.token, lease: claim.lease, breaker });
    if (charge === undefined) return undefined;
    const previous = { token: seen.token, breaker: claim.breaker };
    const token = await fetchToken(charge, current.value, previous, rejected, invocation);
    return token && usableToken(token, clock.now(), rejected);
  }

  function takeLease(seen: TokenRecord, owner: string, rejected: string | undefined) {
    return write(seen, {
      token: seen.token?.value === rejected ? undefined : seen.token,
      lease: { owner, until: clock.now() + LEASE },
      breaker: seen.breaker,
    });
  }

  /** The secret, doubted after a refusal; without one the lease is given back at once. */
  async function readSecret(claim: Claim, invocation: Invocation): Promise<ParameterValue> {
    const { token, breaker } = claim;
    try {
      for (const fresh of [breaker !== undefined && wasRefused(breaker), true]) {
        const current = await secret.read(invocation, { fresh });
        // Where another instance has tried a newer one, a remembered one is known to be out of date.
        if (current.revision >= (breaker?.secretRevision ?? '')) return current;
      }
      throw new ParameterUnavailable('SSM did not give the latest secret', {
        parameter: secret.name,
      });
    } catch (error) {
      await write(claim, { token, breaker: withoutSecret(breaker, clock.now()) });
      throw error;
    }
  }

  /** Calls gettoken and gives the lease back with how it went. */
  async function fetchToken(
    charge: Charge,
    secretValue: string,
    { token: previous, breaker: uncounted }: Pick<TokenRecord, 'token' | 'breaker'>,
    rejected: string | undefined,
    invocation: Invocation,
  ): Promise<StoredToken | undefined> {
    const { log } = invocation;
    const deadline = Math.min(invocation.deadline, charge.lease.until - CLOCK_SKEW);
    const askedAt = clock.now();
    if (askedAt >= deadline) {
      // Frozen, or the store was slow: no call is made, so none counts and nobody is stopped.
      await write(charge, { token: charge.token, breaker: uncounted });
      return undefined;
    }
    let token: StoredToken;
    try {
      const answer = await callGetToken(secretValue, { ...invocation, deadline });
      const given = readToken(answer, askedAt, previous, (reason) =>
        log.warn('gettoken answered oddly', { reason }),
      );
      token = rejected === undefined ? given : { ...given, reportAnsweredAt: askedAt };
    } catch (error) {
      if (!(error instanceof WecomAuthError)) throw error;
      const breaker = openBreaker(charge.breaker, failureOf(error), clock.now());
      // A token that is still in its soft margin stays.
      await write(charge, { token: charge.token, breaker });
      logFailure(log, charge.breaker, breaker, error, secret.name);
      // A newer secret in SSM deserves a try at once: the next look finds out.
      if (breaker.reason === 'refused') return undefined;
      throw await stoppedBy(breaker, clock.now(), secret.name, error);
    }
    const breaker = closeBreaker(charge.breaker, clock.now());
    const written = await write(charge, { token, breaker });
    // Who is to say that the breaker is closed makes sure that it is not only the answer that is lost.
    if (written || (charge.breaker.announced && (await isStored(token)))) {
      logClosed(log, charge.breaker, secret.name);
    }
    // Written or not, WeCom gave it to us: the one who waits for it here can use it.
    return token;
  }

  async function isStored({ value, obtainedAt }: StoredToken): Promise<boolean> {
    const { token } = await store.read();
    return token?.value === value && token.obtainedAt === obtainedAt;
  }

  /** @returns the record as it is now; nothing when it is no longer the one that was seen */
  async function write<Content extends Omit<TokenRecord, 'version'>>(
    seen: TokenRecord,
    content: Content,
  ) {
    const next = successor(seen, clock.now(), content);
    return (await store.replace(seen, next)) ? next : undefined;
  }

  return { renew };
}

function isHeldBy(owner: string, record: TokenRecord, now: number): record is Claim {
  const { lease } = record;
  return lease !== undefined && lease.owner === owner && lease.until > now;
}

function failureOf(error: WecomAuthError): Failure {
  if (!(error instanceof WecomErrcode) || error.errcode === -1) {
    return { reason: 'unreachable', errcode: -1 };
  }
  const limited = error.entry.reaction === 'retry-later';
  return { reason: limited ? 'limited' : 'refused', errcode: error.errcode };
}
