import type { Clock } from '../clock.ts';
import { WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Parameter } from '../parameters/parameter.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import type { WecomAnswer } from '../wecom/exchange.ts';
import { closedByNewSecret, openBreaker } from './breaker.ts';
import { TokenUnavailable } from './errors.ts';
import { isSoft, nextStep, usableToken } from './nextStep.ts';
import { readToken } from './readToken.ts';
import type { Breaker, StoredToken, TokenRecord } from './tokenRecord.ts';
import type { TokenStore } from './tokenStore.ts';

/** The access_token of one (corp, agent), shared by any number of instances. */
export interface AccessToken {
  /**
   * A token that WeCom should accept: from memory, else from the store, else from gettoken.
   *
   * @param options.rejected the token that WeCom has just refused with 40014, 42001 or 40001. It is
   *   dropped only if it is still the stored one: a late report about an older token changes nothing.
   * @throws TokenUnavailable when there is none within the invocation's deadline
   */
  get(invocation: Invocation, options?: { rejected?: string }): Promise<string>;
}

export interface AccessTokenParts {
  readonly store: TokenStore;
  /** The app's secret, by name; see parameters/parameter.ts. */
  readonly secret: Parameter;
  readonly callGetToken: (secret: string, invocation: Invocation) => Promise<WecomAnswer>;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
}

/** How far apart two instances' clocks may be. */
const CLOCK_SKEW = 4_000;
/** A holder reads the secret and calls gettoken within this; see CALL_MILLISECONDS in exchange.ts. */
const HOLDER_WORK = 4_000;
/** Bound to what the holder does, never to the Lambda's time-out; so much longer as clocks differ. */
export const LEASE = HOLDER_WORK + CLOCK_SKEW;
const FIRST_POLL = 50;
const LONGEST_POLL = 500;
/** In the soft margin, while another renews or the breaker is open, the store is not asked again. */
const LOOK_AGAIN = 5_000;
/** Only a defect could need more turns: each one waits, or follows a write by another instance. */
const TURNS = 200;

export function createAccessToken(parts: AccessTokenParts): AccessToken {
  const { store, secret, callGetToken, clock, random } = parts;
  const jitter = random();
  let held: StoredToken | undefined;
  let lookAgainAt = 0;
  let flight: Flight | undefined;

  async function get(invocation: Invocation, { rejected }: { rejected?: string } = {}) {
    const token = usableToken(held, clock.now(), rejected);
    if (token === undefined) return (await join(invocation, rejected)).value;
    if (isSoft(token, clock.now(), jitter) && clock.now() >= lookAgainAt) {
      lookAgainAt = clock.now() + LOOK_AGAIN;
      invocation.background(join(invocation, rejected));
    }
    return token.value;
  }

  /**
   * One look at the store at a time in this process. A flight is left over when a Lambda was frozen
   * under it, and may then never land: nobody waits for one longer than a holder may work.
   */
  async function join(invocation: Invocation, rejected: string | undefined): Promise<StoredToken> {
    const joined = flight;
    if (joined && joined.rejected === rejected && clock.now() < joined.startedAt + LEASE) {
      const patience = Math.min(joined.startedAt + LEASE, invocation.deadline) - clock.now();
      const token = await within(patience, joined.landing);
      if (token !== undefined) return token;
      if (flight === joined) flight = undefined;
      return join(invocation, rejected);
    }
    const started: Flight = {
      startedAt: clock.now(),
      rejected,
      landing: obtain(invocation, rejected).finally(() => {
        if (flight === started) flight = undefined;
      }),
    };
    flight = started;
    return started.landing;
  }

  async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
    const done = new AbortController();
    try {
      return await Promise.race([
        promise,
        clock.sleep(Math.max(0, milliseconds), done.signal).then(() => undefined),
      ]);
    } finally {
      done.abort();
    }
  }

  /** Looks at the store and does what the record asks for, until there is a token or no way to one. */
  async function obtain(invocation: Invocation, rejected: string | undefined) {
    const owner = crypto.randomUUID();
    let poll = FIRST_POLL;
    for (let turn = 0; turn < TURNS; turn++) {
      const record = await store.read();
      const step = nextStep(record, clock.now(), rejected, jitter);
      if (step.do === 'use') return hold(step.token);
      if (step.do === 'renew') {
        const renewal = renew(record, owner, rejected, invocation);
        if (step.token) {
          invocation.background(renewal);
          return hold(step.token);
        }
        const token = await renewal;
        if (token) return token;
      } else if (step.do === 'stop') {
        const { breaker } = step;
        if (!(await secretChangedSince(breaker, invocation))) throw stopped(breaker, clock.now());
        const token = await renew(record, owner, rejected, invocation);
        if (token) return token;
      } else if (step.owner === owner) {
        // Our own claim: it was written, but its answer got lost on the way.
        const token = await fetchUnderLease(record, rejected, invocation);
        if (token) return token;
      } else {
        const pause = poll * (0.5 + random() / 2);
        if (clock.now() + pause >= invocation.deadline) break;
        await clock.sleep(pause);
        poll = Math.min(poll * 2, LONGEST_POLL);
      }
    }
    throw new TokenUnavailable(
      'waited-too-long',
      -1,
      1_000,
      'Another instance was renewing the access_token for as long as this request could wait. If it lasts, look for gettoken errors of the other instances.',
    );
  }

  async function secretChangedSince(breaker: Breaker, invocation: Invocation): Promise<boolean> {
    if (breaker.reason !== 'refused') return false;
    return closedByNewSecret(breaker, (await secret.read(invocation, { fresh: true })).revision);
  }

  /** @returns nothing when another instance was first, here or later: look at the store again */
  async function renew(
    record: TokenRecord,
    owner: string,
    rejected: string | undefined,
    invocation: Invocation,
  ): Promise<StoredToken | undefined> {
    const token = usableToken(record.token, clock.now(), rejected);
    const claim: TokenRecord = {
      version: record.version + 1,
      ...(token && { token }),
      ...(record.breaker && { breaker: record.breaker }),
      lease: { owner, until: clock.now() + LEASE },
    };
    if (!(await store.replace(claim))) return undefined;
    return fetchUnderLease(claim, rejected, invocation);
  }

  async function fetchUnderLease(
    claim: TokenRecord,
    rejected: string | undefined,
    invocation: Invocation,
  ): Promise<StoredToken | undefined> {
    const askedAt = clock.now();
    const leaseUntil = claim.lease?.until ?? askedAt;
    const holder: Invocation = {
      ...invocation,
      deadline: Math.min(invocation.deadline, leaseUntil - CLOCK_SKEW),
    };
    const current = await readSecret(claim, invocation);
    let token: StoredToken;
    try {
      token = readToken(await callGetToken(current.value, holder), askedAt, (reason) =>
        invocation.log.warn('gettoken answered oddly', { reason }),
      );
    } catch (error) {
      if (!(error instanceof WecomAuthError)) throw error;
      const breaker = breakerFor(error, claim.breaker, current.revision, clock.now());
      await store.replace(withoutLease(claim, breaker));
      logOpened(invocation, breaker, error, secret.name);
      // A newer secret in SSM deserves a try at once: look again, and nextStep() will find out.
      if (breaker.reason === 'refused') return undefined;
      throw stopped(breaker, clock.now(), error);
    }
    // The same token as the refused one: remembered, so that the next report does not ask again.
    if (token.value === rejected) token = { ...token, repeatedAt: clock.now() };
    const written = await store.replace({ version: claim.version + 1, token });
    if (written && claim.breaker) {
      invocation.log.metric('TokenBreakerClosed', 'gettoken works again: the breaker is closed', {
        afterFailures: claim.breaker.failures,
      });
    }
    return written ? hold(token) : undefined;
  }

  /** The secret, doubted after a refusal; without one the lease is given back at once. */
  async function readSecret(claim: TokenRecord, invocation: Invocation) {
    try {
      return await secret.read(invocation, { fresh: claim.breaker !== undefined });
    } catch (error) {
      await store.replace(withoutLease(claim, claim.breaker));
      throw error;
    }
  }

  function hold(token: StoredToken): StoredToken {
    held = token;
    return token;
  }

  return { get };
}

interface Flight {
  readonly startedAt: number;
  readonly rejected: string | undefined;
  readonly landing: Promise<StoredToken>;
}

/** The record after a claim that came to nothing: a token that is still in its soft margin stays. */
function withoutLease(claim: TokenRecord, breaker: Breaker | undefined): TokenRecord {
  return {
    version: claim.version + 1,
    ...(claim.token && { token: claim.token }),
    ...(breaker && { breaker }),
  };
}

function breakerFor(
  error: WecomAuthError,
  before: Breaker | undefined,
  secretRevision: string,
  now: number,
): Breaker {
  if (!(error instanceof WecomErrcode) || error.errcode === -1) {
    return openBreaker(before, 'unreachable', -1, secretRevision, now);
  }
  const reason = error.entry.reaction === 'retry-later' ? 'limited' : 'refused';
  return openBreaker(before, reason, error.errcode, secretRevision, now);
}

function logOpened(
  invocation: Invocation,
  breaker: Breaker,
  error: WecomAuthError,
  parameter: string,
) {
  const fields = {
    ...error.details,
    reason: breaker.reason,
    failures: breaker.failures,
    parameter,
    openUntil: new Date(breaker.openUntil).toISOString(),
  };
  if (breaker.reason === 'unreachable') invocation.log.warn('gettoken got no answer', fields);
  else {
    invocation.log.metric(
      'TokenBreakerOpened',
      'gettoken was refused: not called again until openUntil, or until the secret in SSM changes',
      fields,
    );
  }
}

function stopped(breaker: Breaker, now: number, cause?: unknown): TokenUnavailable {
  return new TokenUnavailable(
    breaker.reason,
    breaker.errcode,
    breaker.openUntil - now,
    breaker.reason === 'refused'
      ? 'WeCom refuses the corp id or the secret. Put the right secret into the SSM parameter; the next sign-in tries it at once.'
      : 'gettoken is paused because WeCom limits it or does not answer. It is tried again by itself.',
    { cause },
  );
}
