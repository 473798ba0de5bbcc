import { StoreUnavailable } from '../errors.ts';
import { emptyRecord, type TokenRecord } from './tokenRecord.ts';
import type { TokenStore } from './tokenStore.ts';

/**
 * The shared store while it answers, and this instance's memory of it while it does not: sign-in
 * goes on with a token fetched for this instance alone, and a breaker that was seen is honoured.
 *
 * When the shared store is back its record counts again, whatever happened here meanwhile.
 *
 * @param onFallback called each time the memory had to serve
 */
export function createFallbackTokenStore(
  shared: TokenStore,
  onFallback: (error: StoreUnavailable) => void,
): TokenStore {
  let remembered: TokenRecord = emptyRecord;
  let alone = false;

  function serveFromMemory(error: unknown): void {
    if (!(error instanceof StoreUnavailable)) throw error;
    onFallback(error);
    if (alone) return;
    alone = true;
    // A lease seen before the failure may be another instance's; in here nobody else can hold one.
    const { lease: _foreign, ...rest } = remembered;
    remembered = rest;
  }

  return {
    async read() {
      try {
        remembered = await shared.read();
        alone = false;
      } catch (error) {
        serveFromMemory(error);
      }
      return remembered;
    },
    async replace(next) {
      let written: boolean;
      try {
        written = await shared.replace(next);
      } catch (error) {
        serveFromMemory(error);
        written = remembered.version === next.version - 1;
      }
      if (written) remembered = next;
      return written;
    },
  };
}
