import type { Clock } from '../clock.ts';
import { ParameterUnavailable, WecomAuthError } from '../errors.ts';
import { type Invocation, isOutOfTime } from '../invocation.ts';
import type { ParameterValue } from '../parameters/parameter.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import type { WecomAnswer } from '../wecom/read.ts';
import {
  BreakerLog,
  countCall,
  exhaustedUntil,
  type Failure,
  isAboutSecret,
  isClosedBySecret,
  mayCall,
  recordFailure,
  recordMissingSecret,
  recordSuccess,
  restUntil,
  wasRefused,
} from './breaker.ts';
import { TokenUnavailable } from './errors.ts';
import { FREE_REJECTIONS, isUsable } from './nextStep.ts';
import { readToken } from './readToken.ts';
import type { Credential, TokenKind } from './tokenKind.ts';
import {
  type Breaker,
  CLOCK_SKEW_MS,
  LEASE_MS,
  type Lease,
  nextVersion,
  type StoredToken,
  type TokenRecord,
  type TokenStore,
} from './tokenStore.ts';

export interface TokenRenewalParts {
  readonly kind: TokenKind;
  readonly store: TokenStore;
  /** Read in each call. While it cannot be had, no call is made, and none is counted. */
  readonly credential: Credential;
  /** Calls the endpoint of `kind`. */
  readonly call: (credential: string, invocation: Invocation) => Promise<WecomAnswer>;
  readonly clock: Clock;
}

/** While the breaker is open, an instance reads SSM at most once in this time. */
const SECRET_CHECK_MS = 10_000;

/** The record while the lease is held. */
type Claim = TokenRecord & { readonly lease: Lease };

/**
 * Fetches a new token of one kind, in three writes. Each replaces only the one before it.
 *
 *   claim ── read the credential ── count the call ── call ── token, or how it failed
 */
export class TokenRenewal {
  readonly #kind: TokenKind;
  readonly #store: TokenStore;
  readonly #credential: Credential;
  readonly #call: TokenRenewalParts['call'];
  readonly #clock: Clock;
  readonly #breakerLog: BreakerLog;
  #secretCheck: { readonly at: number; readonly value: Promise<ParameterValue> } | undefined;

  constructor({ kind, store, credential, call, clock }: TokenRenewalParts) {
    this.#kind = kind;
    this.#store = store;
    this.#credential = credential;
    this.#call = call;
    this.#clock = clock;
    this.#breakerLog = new BreakerLog({ clock, kind, parameter: credential.name });
  }

  /**
   * Takes the lease, if the record is still the one that was seen, and calls WeCom.
   *
   * @param owner identifies the caller. If it holds the lease already, it continues: the claim was
   *   written, and only the response was lost
   * @param rejected the token that WeCom rejected, if any. Unless it has ended, the claim removes it,
   *   so that nobody gets it meanwhile, and counts it
   * @returns the new token; nothing when another caller was first, or the secret was refused: read
   *   the record again
   * @throws TokenUnavailable when the call gave no token, or there is no access_token to make it with
   * @throws ParameterUnavailable, ConfigurationError when there is no secret to make it with
   */
  async renew(
    seen: TokenRecord,
    owner: string,
    rejected: string | undefined,
    invocation: Invocation,
  ): Promise<StoredToken | undefined> {
    const now = this.#clock.now();
    const claim = isHeldBy(owner, seen, now)
      ? seen
      : await this.#claim(seen, owner, rejected, invocation);
    if (claim === undefined) return undefined;
    const secret = await this.#readSecret(claim, invocation);
    const readAt = this.#clock.now();
    const leasedAt = claim === seen ? claim.lease.until - LEASE_MS : undefined;
    const breaker = countCall(
      claim.breaker,
      secret.revision,
      readAt,
      this.#kind.isLimitedByHour,
      leasedAt,
    );
    const isCounted = breaker === claim.breaker;
    if (!isCounted && !mayCall(claim.breaker, secret.revision, readAt)) {
      // The lease was taken for a newer secret, but SSM has returned an older one since.
      await this.#write(claim, { lease: undefined }, invocation);
      return undefined;
    }
    const counted = await this.#write(claim, { breaker }, invocation);
    if (counted === undefined) return undefined;
    const deadline = Math.min(invocation.deadline, claim.lease.until - CLOCK_SKEW_MS);
    if (this.#clock.now() >= deadline) {
      // The instance was frozen, or the store was slow. No call is made, so none is counted.
      await this.#write(counted, { breaker: claim.breaker, lease: undefined }, invocation);
      return undefined;
    }
    const outcome = await this.#fetch(secret.value, seen.token, rejected, {
      ...invocation,
      deadline,
    });
    if (!(outcome instanceof WecomAuthError)) {
      const closed = recordSuccess(breaker);
      const change = { token: outcome, breaker: closed, lease: undefined };
      await this.#write(counted, change, invocation);
      this.#breakerLog.closed(invocation.log, claim.breaker?.openedAt);
      // The caller can use the token even if it was not written.
      return isUsable(outcome, this.#clock.now()) ? outcome : undefined;
    }
    const endedAt = this.#clock.now();
    const recorded = recordFailure(breaker, failureOf(outcome), endedAt);
    const isCutOff = recorded.reason === 'unreachable' && isOutOfTime(invocation, endedAt);
    const failed = isCutOff
      ? { ...recorded, openUntil: Math.max(endedAt, restUntil(recorded)) }
      : recorded;
    // A token in its soft margin is kept.
    await this.#write(counted, { breaker: failed, lease: undefined }, invocation);
    this.#breakerLog.failed(invocation.log, failed, outcome);
    // A newer secret in SSM may be tried at once, so the caller reads the record again.
    if (failed.reason === 'refused') return undefined;
    throw await this.stoppedBy(failed, outcome);
  }

  /** Logs that the breaker of a record is open, or closed again; see `BreakerLog`. */
  logBreaker({ breaker, lease }: TokenRecord, { log }: Invocation): void {
    // While a call is in progress, the breaker only counts it.
    if (lease === undefined || lease.until <= this.#clock.now())
      this.#breakerLog.report(log, breaker);
  }

  /**
   * Whether the secret was written again since it failed, so that one more call is allowed.
   *
   * @throws ParameterUnavailable, ConfigurationError when there is no secret, and that is why the
   *   breaker is open
   */
  async hasNewSecret(breaker: Breaker, invocation: Invocation): Promise<boolean> {
    if (!isAboutSecret(breaker) || exhaustedUntil(breaker) > this.#clock.now()) return false;
    try {
      const { revision } = await this.#checkSecret('', invocation);
      return isClosedBySecret(breaker, revision, this.#clock.now());
    } catch (error) {
      if (error instanceof ParameterUnavailable && breaker.reason !== 'no-secret') return false;
      throw error;
    }
  }

  /** The error for a caller while the breaker is open: why, until when, and what to do. */
  async stoppedBy(breaker: Breaker, cause?: unknown): Promise<TokenUnavailable> {
    // Loaded here because it imports the long catalogue of errcodes, which a sign-in rarely needs.
    const { adviceOn } = await import('./advice.ts');
    const { reason, errcode, since, openUntil } = breaker;
    const details = {
      api: this.#kind.api,
      parameter: this.#credential.name,
      since: new Date(since).toISOString(),
      openUntil: new Date(openUntil).toISOString(),
      ...adviceOn(breaker, this.#kind, this.#clock.now()),
    };
    return new TokenUnavailable(reason, errcode, openUntil - this.#clock.now(), details, { cause });
  }

  async #claim(
    seen: TokenRecord,
    owner: string,
    rejected: string | undefined,
    invocation: Invocation,
  ): Promise<Claim | undefined> {
    const now = this.#clock.now();
    const lease = { owner, until: now + LEASE_MS };
    const { token } = seen;
    // A token that has expired would be renewed anyway, so it does not count as a rejection.
    if (token === undefined || token.value !== rejected || !isUsable(token, now)) {
      return this.#write(seen, { lease }, invocation);
    }
    const rejections = [...(seen.rejections ?? []), now].slice(-FREE_REJECTIONS);
    return this.#write(seen, { lease, token: undefined, rejections }, invocation);
  }

  /** The secret, read again after a refusal. Without one the lease is released at once. */
  async #readSecret(claim: Claim, invocation: Invocation): Promise<ParameterValue> {
    const { breaker } = claim;
    const atLeast = breaker?.secretRevision ?? '';
    try {
      const cached =
        breaker && wasRefused(breaker) ? undefined : await this.#credential.read(invocation);
      if (cached && cached.revision >= atLeast) return cached;
      // Another instance has tried a newer secret, so the cached one is out of date.
      const current = await this.#checkSecret(atLeast, invocation);
      if (current.revision >= atLeast) return current;
      throw new ParameterUnavailable('SSM did not give the latest secret', {
        parameter: this.#credential.name,
      });
    } catch (error) {
      const missing = recordMissingSecret(breaker, this.#clock.now());
      await this.#write(claim, { breaker: missing, lease: undefined }, invocation);
      throw error;
    }
  }

  /**
   * Reads the secret from SSM. A result, also a failure, is used for ten seconds.
   *
   * @param atLeast a revision that SSM is known to have: an older result is not used
   */
  async #checkSecret(atLeast: string, invocation: Invocation): Promise<ParameterValue> {
    const now = this.#clock.now();
    if (this.#secretCheck && now < this.#secretCheck.at + SECRET_CHECK_MS) {
      const last = await this.#secretCheck.value;
      if (last.revision >= atLeast) return last;
    }
    const value = this.#credential.read(invocation, { fresh: true });
    // An invocation that ends early does not await it.
    value.catch(() => undefined);
    this.#secretCheck = { at: now, value };
    return value;
  }

  /** Calls WeCom. @returns the token, or how it failed */
  async #fetch(
    secret: string,
    previous: StoredToken | undefined,
    rejected: string | undefined,
    invocation: Invocation,
  ): Promise<StoredToken | WecomAuthError> {
    const askedAt = this.#clock.now();
    try {
      const answer = await this.#call(secret, invocation);
      const token = readToken(this.#kind, answer, askedAt, previous, (reason) =>
        invocation.log.warn(`${this.#kind.api}'s answer is odd`, { reason }),
      );
      return token.value === rejected
        ? { ...token, repeatedAt: askedAt, reissuedAt: askedAt }
        : token;
    } catch (error) {
      if (error instanceof WecomAuthError) return error;
      throw error;
    }
  }

  /** @returns the record as it is now; nothing when it is no longer the one that was seen */
  async #write<Seen extends TokenRecord, Change extends Omit<Partial<TokenRecord>, 'version'>>(
    seen: Seen,
    change: Change,
    { log }: Invocation,
  ) {
    const next = { ...seen, ...change, version: nextVersion(seen, this.#clock.now()) };
    return (await this.#store.replace(seen, next, log)) ? next : undefined;
  }
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
