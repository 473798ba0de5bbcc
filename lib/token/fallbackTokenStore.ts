import type { Clock } from '../clock.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { emptyRecord, nextVersion, type TokenRecord, type TokenStore } from './tokenStore.ts';

/** How long the shared store is not used after it failed, because a visitor waits for each attempt. */
const AWAY_MS = 10_000;
/** An answer that took longer needed a second attempt. */
const SLOW_MS = 1_000;
/** After this many slow answers in a row, a lease leaves too little time for gettoken. */
const TOO_MANY_SLOW = 2;

/** The record in the memory of this process. */
export class MemoryTokenStore implements TokenStore {
  #record: TokenRecord = emptyRecord;

  async read(): Promise<TokenRecord> {
    return this.#record;
  }

  async replace(seen: TokenRecord, next: TokenRecord): Promise<boolean> {
    if (this.#record.version !== seen.version) return false;
    this.#record = next;
    return true;
  }

  /** Starts again with this record. A record that was read before can no longer be replaced. */
  seed(record: TokenRecord, now: number): void {
    this.#record = { ...record, version: nextVersion(this.#record, now) };
  }
}

export interface FallbackTokenStoreParts {
  readonly shared: TokenStore;
  readonly local: MemoryTokenStore;
  readonly clock: Clock;
  /** Called with the error when the local store takes over, without one when it ends. */
  readonly onSwitch: (log: Log, error?: StoreUnavailable) => void;
}

/**
 * Uses the shared store while it answers in time, otherwise the memory of this instance. Sign-in then
 * continues with a token that only this instance uses.
 *
 * The local store starts from the last shared record, with its breaker and its count. When the shared
 * store answers again, its record is used, and nothing is copied back. If it fails again and nobody
 * wrote to it meanwhile, the local store continues, so a store that fails now and then does not
 * reset the count.
 */
export class FallbackTokenStore implements TokenStore {
  readonly #shared: TokenStore;
  readonly #local: MemoryTokenStore;
  readonly #clock: Clock;
  readonly #onSwitch: (log: Log, error?: StoreUnavailable) => void;
  /** Records of the local store. Their versions are not the shared store's. */
  readonly #localRecords = new WeakSet<TokenRecord>();
  #lastShared: TokenRecord = emptyRecord;
  /** The version of the shared record that the local store started from. */
  #seededWith: number | undefined;
  /** Whether the local store is used. */
  #isAway = false;
  #awayUntil = 0;
  #slowAnswers = 0;

  constructor({ shared, local, clock, onSwitch }: FallbackTokenStoreParts) {
    this.#shared = shared;
    this.#local = local;
    this.#clock = clock;
    this.#onSwitch = onSwitch;
  }

  async read(log: Log): Promise<TokenRecord> {
    if (this.#clock.now() < this.#awayUntil) return this.#readLocal();
    try {
      const record = await this.#timed(this.#shared.read(log));
      this.#keep(record);
      if (this.#slowAnswers >= TOO_MANY_SLOW) throw tooSlow();
      if (this.#isAway) this.#onSwitch(log);
      this.#isAway = false;
      return record;
    } catch (error) {
      this.#leave(error, log);
      return this.#readLocal();
    }
  }

  async replace(seen: TokenRecord, next: TokenRecord, log: Log): Promise<boolean> {
    if (this.#localRecords.has(seen)) {
      this.#localRecords.add(next);
      return this.#local.replace(seen, next);
    }
    try {
      const written = await this.#timed(this.#shared.replace(seen, next, log));
      if (written) this.#keep(next);
      if (this.#slowAnswers >= TOO_MANY_SLOW) this.#leave(tooSlow(), log);
      return written;
    } catch (error) {
      // Another caller may hold the lease, so a claim is not kept. The result of gettoken is.
      if (next.lease === undefined) this.#keep(next);
      this.#leave(error, log);
      return false;
    }
  }

  /** Requests overlap: an older record may come after a newer one. */
  #keep(record: TokenRecord): void {
    if (record.version > this.#lastShared.version) this.#lastShared = record;
  }

  async #readLocal(): Promise<TokenRecord> {
    const record = await this.#local.read();
    this.#localRecords.add(record);
    return record;
  }

  #leave(error: unknown, log: Log): void {
    if (!(error instanceof StoreUnavailable)) throw error;
    const now = this.#clock.now();
    this.#awayUntil = now + AWAY_MS;
    if (this.#isAway) return;
    this.#isAway = true;
    this.#onSwitch(log, error);
    if (this.#lastShared.version === this.#seededWith) return;
    this.#seededWith = this.#lastShared.version;
    // The lease belongs to the shared record.
    this.#local.seed({ ...this.#lastShared, lease: undefined }, now);
  }

  async #timed<T>(asked: Promise<T>): Promise<T> {
    const askedAt = this.#clock.now();
    const answer = await asked;
    this.#slowAnswers = this.#clock.now() - askedAt > SLOW_MS ? this.#slowAnswers + 1 : 0;
    return answer;
  }
}

function tooSlow(): StoreUnavailable {
  return new StoreUnavailable('DynamoDB answers too slowly', { reason: 'slow' });
}
