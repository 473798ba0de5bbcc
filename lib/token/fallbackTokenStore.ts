import type { Clock } from '../clock.ts';
import { StoreUnavailable } from '../errors.ts';
import { emptyRecord, nextVersion, type TokenRecord, type TokenStore } from './tokenStore.ts';

/** After the shared store failed, it is left alone that long: a visitor waits for each try. */
const AWAY_MS = 10_000;
/** An answer that took longer came of a second attempt. */
const SLOW_MS = 1_000;
/** So many slow answers in a row leave a holder of the lease no time for gettoken. */
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

  /** Begins again with this record; what was seen before can no longer be replaced. */
  seed(record: TokenRecord, now: number): void {
    this.#record = { ...record, version: nextVersion(this.#record, now) };
  }
}

export interface FallbackTokenStoreParts {
  readonly shared: TokenStore;
  readonly local: MemoryTokenStore;
  readonly clock: Clock;
  /** Called with the error when the local store takes over, without one when it ends. */
  readonly onSwitch: (error?: StoreUnavailable) => void;
}

/**
 * The shared store while it answers in time, and the memory of this instance while it does not:
 * sign-in goes on with a token fetched for this instance alone.
 *
 * The local store begins with the last shared record, so a breaker that was seen is still honoured,
 * and counts on from there. When the shared store is back, its record counts again, and nothing is
 * carried over. If it fails once more and nobody has written to it meanwhile, the local store goes
 * on where it was, so a store that comes and goes does not reset the count.
 */
export class FallbackTokenStore implements TokenStore {
  readonly #shared: TokenStore;
  readonly #local: MemoryTokenStore;
  readonly #clock: Clock;
  readonly #onSwitch: (error?: StoreUnavailable) => void;
  /** The records of the local store: their versions mean nothing to the shared one. */
  readonly #localRecords = new WeakSet<TokenRecord>();
  #lastShared: TokenRecord = emptyRecord;
  #seededWith: number | undefined;
  #isAway = false;
  #awayUntil = 0;
  #slowAnswers = 0;

  constructor({ shared, local, clock, onSwitch }: FallbackTokenStoreParts) {
    this.#shared = shared;
    this.#local = local;
    this.#clock = clock;
    this.#onSwitch = onSwitch;
  }

  async read(): Promise<TokenRecord> {
    if (this.#clock.now() < this.#awayUntil) return this.#readLocal();
    try {
      this.#lastShared = await this.#timed(this.#shared.read());
      if (this.#slowAnswers >= TOO_MANY_SLOW) throw tooSlow();
      if (this.#isAway) this.#onSwitch();
      this.#isAway = false;
      return this.#lastShared;
    } catch (error) {
      this.#leave(error);
      return this.#readLocal();
    }
  }

  async replace(seen: TokenRecord, next: TokenRecord): Promise<boolean> {
    if (this.#localRecords.has(seen)) {
      this.#localRecords.add(next);
      return this.#local.replace(seen, next);
    }
    try {
      const written = await this.#timed(this.#shared.replace(seen, next));
      if (written) this.#lastShared = next;
      if (this.#slowAnswers >= TOO_MANY_SLOW) this.#leave(tooSlow());
      return written;
    } catch (error) {
      // A claim that may be somebody else's is worth nothing; how gettoken went is worth keeping.
      if (next.lease === undefined) this.#lastShared = next;
      this.#leave(error);
      return false;
    }
  }

  async #readLocal(): Promise<TokenRecord> {
    const record = await this.#local.read();
    this.#localRecords.add(record);
    return record;
  }

  #leave(error: unknown): void {
    if (!(error instanceof StoreUnavailable)) throw error;
    const now = this.#clock.now();
    this.#awayUntil = now + AWAY_MS;
    if (this.#isAway) return;
    this.#isAway = true;
    this.#onSwitch(error);
    if (this.#lastShared.version === this.#seededWith) return;
    this.#seededWith = this.#lastShared.version;
    // The lease was shared: it means nothing here.
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
