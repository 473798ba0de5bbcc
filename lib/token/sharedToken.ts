import type { Clock } from '../clock.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { TokenUnavailable, waitedTooLong } from './errors.ts';
import { isSoft, isUsable, nextStep } from './nextStep.ts';
import { SingleFlight } from './singleFlight.ts';
import type { TokenKind } from './tokenKind.ts';
import type { TokenRenewal } from './tokenRenewal.ts';
import { LEASE_MS, type StoredToken, type TokenRecord, type TokenStore } from './tokenStore.ts';

export interface SharedTokenParts {
  readonly kind: TokenKind;
  readonly store: TokenStore;
  readonly renewal: TokenRenewal;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
}

/**
 * A waiting caller reads the record again after a third of the time that the holder has had the
 * lease, within these bounds. Most holders need a quarter of a second; after two seconds a holder is
 * slow or dead.
 */
const SHORTEST_WAIT_MS = 150;
const LONGEST_WAIT_MS = 500;
/** Spreads the next claims of the callers that wait for the same lease to end. */
const LEASE_END_SPREAD_MS = 200;
/** Of a token that is good, while another caller renews or the breaker is open, one read in this time. */
const REFRESH_INTERVAL_MS = 5_000;
/** An invocation with less time left does not renew. */
const LEAST_TIME_MS = 1_000;
/** Only a defect reaches it: each turn waits, or follows a write by another caller. */
const MAX_TURNS = 200;

/** A token of one app, shared by all instances: its access_token, or a ticket of the JS-SDK. */
export class SharedToken {
  readonly #kind: TokenKind;
  readonly #store: TokenStore;
  readonly #renewal: TokenRenewal;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #flights: SingleFlight<StoredToken>;
  readonly #jitter: number;
  #token: StoredToken | undefined;
  /** When the record was last read for it. */
  #readAt = 0;
  #refreshAt = 0;
  #owners = 0;

  constructor({ kind, store, renewal, clock, random }: SharedTokenParts) {
    this.#kind = kind;
    this.#store = store;
    this.#renewal = renewal;
    this.#clock = clock;
    this.#random = random;
    this.#flights = new SingleFlight({ clock, maxWaitMs: LEASE_MS });
    this.#jitter = random();
  }

  /**
   * A token that WeCom should accept: from memory, else from the store, else from WeCom.
   *
   * @param options.rejected the token that WeCom has just rejected with 40014, 42001 or 40001. It is
   *   dropped only if it is still the stored one: a late report about an older token changes nothing
   * @throws TokenUnavailable when there is none within the invocation's deadline
   * @throws StoreUnavailable when it is not in memory, and the store has no fallback
   * @throws ParameterUnavailable, ConfigurationError when there is no secret to get one with
   */
  async get(invocation: Invocation, { rejected }: { rejected?: string } = {}): Promise<string> {
    const now = this.#clock.now();
    const token = this.#token;
    if (token === undefined || token.value === rejected || !isUsable(token, now)) {
      return (await this.#load(invocation, rejected)).value;
    }
    if (now >= this.#readAt + this.#kind.recheckMs && now >= this.#refreshAt) {
      return this.#recheck(token, invocation);
    }
    if (isSoft(token, now, this.#jitter) && now >= this.#refreshAt) {
      this.#refreshAt = now + REFRESH_INTERVAL_MS;
      invocation.waitUntil(this.#refreshIfSoft(invocation));
    }
    return token.value;
  }

  /** What the record says now. While the store does not answer, the token in memory is used. */
  async #recheck(token: StoredToken, invocation: Invocation): Promise<string> {
    try {
      return (await this.#load(invocation, undefined)).value;
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        this.#refreshAt = this.#clock.now() + REFRESH_INTERVAL_MS;
        return token.value;
      }
      if (this.#token === token) this.#token = undefined;
      throw error;
    }
  }

  /** Reads the record once: uses a newer token, or renews if no other caller does. */
  async #refreshIfSoft(invocation: Invocation): Promise<void> {
    const record = await this.#read(invocation);
    const step = nextStep(record, this.#clock.now(), undefined, this.#jitter);
    if (step.do === 'use') this.#remember(step.token);
    if (step.do === 'renew') await this.#renewAhead(record, invocation);
  }

  /** A renewal that nobody waits for. A failure is logged, and the next caller tries again. */
  async #renewAhead(record: TokenRecord, invocation: Invocation): Promise<void> {
    if (invocation.deadline - this.#clock.now() < LEAST_TIME_MS) return;
    try {
      const owner = this.#nextOwner(invocation);
      const token = await this.#renewal.renew(record, owner, undefined, invocation);
      if (token) this.#remember(token);
    } catch (error) {
      if (!(error instanceof TokenUnavailable)) throw error;
    }
  }

  /** Runs `#acquire` once for all callers of this instance that report the same token, or none. */
  async #load(invocation: Invocation, rejected: string | undefined): Promise<StoredToken> {
    const token = await this.#flights.join(rejected ?? '', invocation.deadline, () =>
      this.#acquire(invocation, rejected),
    );
    if (token === undefined) throw waitedTooLong(this.#kind.api);
    return this.#remember(token);
  }

  /** Reads, waits and renews until there is a token. @returns nothing if the time ran out */
  async #acquire(
    invocation: Invocation,
    rejected: string | undefined,
  ): Promise<StoredToken | undefined> {
    const owner = this.#nextOwner(invocation);
    const timeLeftMs = () => invocation.deadline - this.#clock.now();
    for (let turn = 0; turn < MAX_TURNS && timeLeftMs() > 0; turn += 1) {
      const record = await this.#read(invocation);
      const step = nextStep(record, this.#clock.now(), rejected, this.#jitter);
      if (step.do === 'use') return step.token;
      if (step.do === 'renew' && step.token) {
        invocation.waitUntil(this.#renewAhead(record, invocation));
        return step.token;
      }
      if (step.do === 'wait' && step.owner !== owner) {
        const waitMs = this.#waitMsBefore(step.until);
        if (waitMs >= timeLeftMs()) return undefined;
        await this.#clock.sleep(waitMs);
        continue;
      }
      if (step.do === 'stop' && !(await this.#renewal.hasNewSecret(step.breaker, invocation))) {
        throw await this.#renewal.stoppedBy(step.breaker);
      }
      if (timeLeftMs() < LEAST_TIME_MS) return undefined;
      // Also if this caller holds the lease, because the response to its claim was lost.
      const token = await this.#renewal.renew(record, owner, rejected, invocation);
      if (token) return token;
    }
    return undefined;
  }

  async #read(invocation: Invocation): Promise<TokenRecord> {
    const record = await this.#store.read(invocation.log);
    this.#renewal.logBreaker(record, invocation);
    return record;
  }

  /** How long to wait before the next read while another caller holds the lease. */
  #waitMsBefore(end: number): number {
    const leftMs = end - this.#clock.now();
    const waitMs = Math.min(Math.max((LEASE_MS - leftMs) / 3, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
    return Math.min(
      waitMs * (0.5 + this.#random() / 2),
      leftMs + this.#random() * LEASE_END_SPREAD_MS,
    );
  }

  #nextOwner({ requestId }: Invocation): string {
    this.#owners += 1;
    return `${requestId}/${this.#owners}`;
  }

  #remember(token: StoredToken): StoredToken {
    this.#token = token;
    this.#readAt = this.#clock.now();
    return token;
  }
}
