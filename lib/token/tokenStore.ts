import type { TokenRecord } from './tokenRecord.ts';

/**
 * Where the record is kept. Two verbs are enough: look, and replace what you saw.
 *
 * Implementations: dynamoTokenStore.ts (shared), memoryTokenStore.ts (one process alone),
 * fallbackTokenStore.ts (the first, and while it does not answer the second). All pass the same
 * suite, tests/lib/token/tokenStore.test.ts.
 */
export interface TokenStore {
  /**
   * The latest record; the empty one (version 0) where nothing was ever written.
   * @throws StoreUnavailable
   */
  read(): Promise<TokenRecord>;

  /**
   * Writes `next` if the stored version is still that of `seen`, and else changes nothing.
   *
   * This one condition is the lease, the fence and the invalidation by identity:
   *
   * ```text
   *  time ─────────────────────────────────────────────────────────────────────────────────────►
   *
   *  stored    v7: token A, expiring │ v8: lease of X              │ v9: lease of Y   │ v10: token C
   *                                  │                             │                  │
   *  X         sees v7 ─── claims v8 ✓ ── gettoken ── (frozen …)   ╎                  ╎  … wakes with
   *                                  │                             ╎                  ╎  token B: v8 is
   *                                  ├──────── lease of X ─────────┤                  ╎  gone, write ✗
   *                                  │                             │                  │
   *  Y         sees v7 ─── claims v8 ✗ sees v8, waits, looks, … ── claims v9 ✓ ─ gettoken ─ writes v10 ✓
   *                                  │                             │                  │
   *  Z                               │ sees v8, waits, looks, … sees v9, waits, … sees v10, uses C
   * ```
   *
   * - Lease: X and Y both saw v7, but only one write can replace it. One of them calls gettoken.
   * - A dead holder: when the lease of X runs out, v8 may be replaced; again only one write can.
   * - Fence: the late write of X says "if it is still v8". It never is, so a slow holder cannot put
   *   an older token over a newer one. (X itself may use B, which WeCom gave it.)
   * - Identity: who reports token A as refused after v10 sees a record without A, and drops nothing.
   *
   * @returns whether it was written
   * @throws StoreUnavailable when it is not known whether it was written
   */
  replace(seen: TokenRecord, next: TokenRecord): Promise<boolean>;
}
