import type { Clock } from '../clock.ts';
import { StoreUnavailable } from '../errors.ts';
import { stricterBreaker } from './breaker.ts';
import { emptyRecord, type TokenRecord } from './tokenRecord.ts';
import type { TokenStore } from './tokenStore.ts';

/** After the shared store failed, it is left alone that long: a visitor waits for each try. */
const ALONE = 10_000;
/** An answer that took longer came of a second attempt. */
const SLOW = 1_000;
/** So many slow answers in a row leave a holder of the lease no time for gettoken. */
const TOO_MANY_SLOW = 2;

/**
 * The shared store while it answers in time, and this instance's own while it does not: sign-in goes on
 * with a token fetched for this instance alone. What the shared store said last goes into the own
 * one, so a breaker that was seen is honoured; and the own one is kept for the next time, so that
 * a store that comes and goes does not open the way to a sixth wrong secret.
 *
 * When the shared store is back, its token and its lease count again, whatever happened here. A
 * refusal that was met alone still counts: it is laid over what the shared store says, and so comes
 * into it with this instance's next write. The higher count goes on, not the sum: nobody can tell which
 * of the calls are in both.
 *
 * @param own a store of this instance alone
 * @param onSwitch called with the error when the own store begins to serve, without when it ends
 */
export function createFallbackTokenStore(
  shared: TokenStore,
  own: TokenStore,
  clock: Clock,
  onSwitch: (error?: StoreUnavailable) => void,
): TokenStore {
  /** What was learnt elsewhere and is not in the own record yet. */
  let known: Knowledge = NOTHING;
  /** The records that came from the own store, each with what went into it. */
  const fromOwn = new WeakMap<TokenRecord, Knowledge>();
  let lastSeen: TokenRecord = emptyRecord;
  let alone = false;
  let aloneUntil = 0;
  let slowAnswers = 0;

  function beAlone(error: unknown): void {
    if (!(error instanceof StoreUnavailable)) throw error;
    aloneUntil = clock.now() + ALONE;
    if (alone) return;
    alone = true;
    onSwitch(error);
    known = combined(known, lastSeen);
  }

  async function timed<T>(asked: Promise<T>): Promise<T> {
    const askedAt = clock.now();
    const answer = await asked;
    slowAnswers = clock.now() - askedAt > SLOW ? slowAnswers + 1 : 0;
    return answer;
  }

  async function readShared(): Promise<TokenRecord> {
    lastSeen = await timed(shared.read());
    if (slowAnswers >= TOO_MANY_SLOW) throw tooSlow();
    const { breaker } = combined(await own.read(), known);
    return { ...lastSeen, breaker: stricterBreaker(lastSeen.breaker, breaker) };
  }

  async function readOwn(): Promise<TokenRecord> {
    const mine = await own.read();
    const record = { ...mine, ...combined(mine, known) };
    fromOwn.set(record, known);
    return record;
  }

  // What was seen here is replaced here: the versions of the two stores have nothing in common.
  async function replaceOwn(seen: TokenRecord, next: TokenRecord): Promise<boolean> {
    const written = await own.replace(seen, next);
    if (written && known === fromOwn.get(seen)) known = NOTHING;
    fromOwn.set(next, known);
    return written;
  }

  return {
    async read() {
      if (clock.now() < aloneUntil) return readOwn();
      try {
        const record = await readShared();
        if (alone) onSwitch();
        alone = false;
        return record;
      } catch (error) {
        beAlone(error);
        return readOwn();
      }
    },

    async replace(seen, next) {
      if (fromOwn.has(seen)) return replaceOwn(seen, next);
      let written = false;
      try {
        written = await timed(shared.replace(seen, next));
        if (written) lastSeen = next;
        if (slowAnswers >= TOO_MANY_SLOW) beAlone(tooSlow());
      } catch (error) {
        beAlone(error);
      }
      // A claim that is not known to be ours is nothing; how gettoken went is worth keeping.
      if (!written && next.lease === undefined) known = combined(known, next);
      return written;
    },
  };
}

function tooSlow(): StoreUnavailable {
  return new StoreUnavailable('DynamoDB answers too slowly', { reason: 'slow' });
}

/** All but the lease: that was shared. */
type Knowledge = Pick<TokenRecord, 'token' | 'breaker'>;

const NOTHING: Knowledge = {};

function combined(one: Knowledge, other: Knowledge): Knowledge {
  const later = (other.token?.expiresAt ?? 0) > (one.token?.expiresAt ?? 0);
  return {
    token: later ? other.token : one.token,
    breaker: stricterBreaker(one.breaker, other.breaker),
  };
}
