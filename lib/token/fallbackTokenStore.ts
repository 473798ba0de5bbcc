import type { Clock } from '../clock.ts';
import { StoreUnavailable } from '../errors.ts';
import { stricterBreaker } from './breaker.ts';
import { emptyRecord, successor, type TokenRecord } from './tokenRecord.ts';
import type { TokenStore } from './tokenStore.ts';

/** After the shared store failed, it is left alone that long: a visitor waits for each try. */
const ALONE = 10_000;

/**
 * The shared store while it answers, and this instance's own while it does not: sign-in goes on
 * with a token fetched for this instance alone. What the shared store said last goes into the own
 * one, so a breaker that was seen is honoured; and the own one is kept for the next time, so that
 * a store that comes and goes does not open the way to a sixth wrong secret.
 *
 * When the shared store is back, its record counts again, whatever happened here meanwhile.
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
  const fromOwn = new WeakSet<TokenRecord>();
  let lastSeen: TokenRecord = emptyRecord;
  let alone = false;
  let aloneUntil = 0;

  async function beAlone(error: unknown): Promise<void> {
    if (!(error instanceof StoreUnavailable)) throw error;
    aloneUntil = clock.now() + ALONE;
    if (alone) return;
    alone = true;
    onSwitch(error);
    await learn(lastSeen);
  }

  /** Puts into the own record what another one knows better, but for the lease: that was shared. */
  async function learn({ token, breaker }: TokenRecord): Promise<void> {
    const mine = await own.read();
    const later = (token?.expiresAt ?? 0) > (mine.token?.expiresAt ?? 0);
    const merged = successor(mine, clock.now(), {
      token: later ? token : mine.token,
      lease: mine.lease,
      breaker: stricterBreaker(mine.breaker, breaker),
    });
    await own.replace(mine, merged);
  }

  async function readOwn(): Promise<TokenRecord> {
    const record = { ...(await own.read()) };
    fromOwn.add(record);
    return record;
  }

  return {
    async read() {
      if (clock.now() < aloneUntil) return readOwn();
      try {
        lastSeen = await shared.read();
      } catch (error) {
        await beAlone(error);
        return readOwn();
      }
      if (alone) onSwitch();
      alone = false;
      return lastSeen;
    },

    // What was seen here is replaced here: the versions of the two stores have nothing in common.
    async replace(seen, next) {
      if (fromOwn.has(seen)) {
        fromOwn.add(next);
        return own.replace(seen, next);
      }
      let written = false;
      try {
        written = await shared.replace(seen, next);
      } catch (error) {
        await beAlone(error);
      }
      if (written) lastSeen = next;
      // A claim that is not known to be ours is nothing; how gettoken went is worth keeping.
      else if (next.lease === undefined) await learn(next);
      return written;
    },
  };
}
