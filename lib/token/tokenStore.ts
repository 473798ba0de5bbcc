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
   *  time ──────────────────────────────────────────────────────────────────────────────────────►
   *
   *  stored   v1: token A,   v2: lease   v3: lease of X,       v4: lease   v5: lease of Y,  v6:
   *           expiring       of X        call counted          of Y        call counted     token C
   *                          │           │                     │           │                │
   *  X        sees v1  claims ✓   counts ✓ gettoken (frozen …) ╎           ╎                ╎  … wakes
   *                          │           │                     ╎           ╎                ╎ with B: v3
   *                          ├────────── lease of X ───────────┤           ╎                ╎ is gone ✗
   *                          │           │                     │           │                │
   *  Y        sees v1  claims ✗ sees v2, waits, looks, … claims ✓   counts ✓ gettoken writes ✓
   *                          │           │                     │           │                │
   *  Z                       │ sees v2, waits, looks, … sees v4, waits, looks, …            │ uses C
   * ```
   *
   * - Lease: X and Y both saw v1, but only one write can replace it. One of them calls gettoken.
   * - A dead holder: when the lease of X runs out, v3 may be replaced; again only one write can.
   * - Fence: the late write of X says "if it is still v3". It never is, so a slow holder cannot put
   *   an older token over a newer one. (X itself may use B, which WeCom gave it.)
   * - Identity: who reports token A as refused after v6 sees a record without A, and drops nothing.
   *
   * A version only rises, and is never there twice: see `successor`.
   *
   * @returns whether it was written
   * @throws StoreUnavailable when it is not known whether it was written
   */
  replace(seen: TokenRecord, next: TokenRecord): Promise<boolean>;
}
