import type { TokenRecord } from './tokenRecord.ts';

/**
 * Where the record is kept. Two verbs are enough: look, and replace what you saw.
 *
 * Implementations: dynamoTokenStore.ts (shared), memoryTokenStore.ts (this instance alone).
 * Both pass the same suite, tests/lib/token/tokenStore.test.ts.
 */
export interface TokenStore {
  /**
   * The latest record; the empty one (version 0) where nothing was ever written.
   * @throws StoreUnavailable
   */
  read(): Promise<TokenRecord>;

  /**
   * Writes `next` if the stored version is still `next.version - 1`, and else changes nothing.
   *
   * This one condition is the lease, the fence and the invalidation by identity:
   *
   * ```text
   *   time ──────────────────────────────────────────────────────────────────────────►
   *
   *   stored   v7 token A (expiring) │ v8 lease of X        │ v9 lease of Y   │ v10 token C
   *                                  │                      │                 │
   *   X        reads v7 ── claim v8 ✓├─ gettoken ─ ─ ─(frozen)─ ─ ─ ─ ─ ─ ─ ─ ┼ write v9 ✗ fenced:
   *            the lease begins here │    lease of X runs out ┐               │ v9 is taken, B is
   *   Y        reads v7 ── claim v8 ✗┼─ waits, looks … ───────┴ claim v9 ✓ ── gettoken ── write v10 ✓
   *            lost the race: X is at it                                      │ everybody uses C
   *   Z                                reads v8 … waits …                     └ looks: takes C
   * ```
   *
   * X and Y both saw v7, but only one write can make it v8: one gettoken. X died or was frozen, so
   * when its lease ran out Y could claim v9; X's late write names v9 as well and is refused, so a
   * slow holder can never put an older token over a newer one. And whoever reports token A as
   * refused after v10 reads a record without A in it, and has nothing to drop.
   *
   * @returns whether it was written
   * @throws StoreUnavailable when it is not known whether it was written
   */
  replace(next: TokenRecord): Promise<boolean>;
}
