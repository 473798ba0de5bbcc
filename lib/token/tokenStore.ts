import type { Log } from '../log/log.ts';

/*
 * What is stored of one token that WeCom issues for about two hours, and where. All times are
 * milliseconds since the epoch.
 *
 * These are types, not interfaces, because an interface is not assignable to `Item`.
 */

/**
 * The token, the lease and the breaker are one record, so that one conditional write covers all
 * three.
 */
export type TokenRecord = {
  /** Rises with every write. 0 is the record that was never written. */
  readonly version: number;
  readonly token?: StoredToken | undefined;
  /** The one caller that may fetch a new token, and until when. */
  readonly lease?: Lease | undefined;
  /** How the last calls of WeCom for it ended, and until when none may be made. */
  readonly breaker?: Breaker | undefined;
  /** When a token was dropped because WeCom had rejected it: the last three, oldest first. */
  readonly rejections?: readonly number[] | undefined;
};

export type StoredToken = {
  readonly value: string;
  readonly obtainedAt: number;
  readonly expiresAt: number;
  /** When gettoken last returned this token again, although a new one was requested. */
  readonly repeatedAt?: number | undefined;
  /** When gettoken returned this token again, although it had been reported as rejected. */
  readonly reissuedAt?: number | undefined;
};

export type Lease = {
  /** One flight of one invocation; it begins with the request id, for the log. */
  readonly owner: string;
  readonly until: number;
};

/** How far apart the clocks of two instances may be. */
export const CLOCK_SKEW_MS = 4_000;
/** A holder reads the secret and calls gettoken within this; see CALL_TIMEOUT_MS in wecom/client.ts. */
const HOLDER_WORK_MS = 4_000;
/** The holder's longest work plus clock skew; unrelated to the Lambda timeout. */
export const LEASE_MS = HOLDER_WORK_MS + CLOCK_SKEW_MS;

export type Breaker = {
  /**
   * - `refused`: WeCom refused the secret, the corp id, or something else that only a person can fix.
   * - `limited`: WeCom limits gettoken (45009, 45033).
   * - `unreachable`: no answer, an unreadable one, or "system busy".
   * - `unreported`: a call was counted, and its outcome is not known.
   * - `no-secret`: gettoken was not called, because SSM did not give the secret.
   * - `closed`: the last call gave a token.
   */
  readonly reason: 'refused' | 'limited' | 'unreachable' | 'unreported' | 'no-secret' | 'closed';
  /** WeCom's errcode; -1 when there was none. */
  readonly errcode: number;
  /** Failed calls with this secret since the last one that gave a token. */
  readonly failures: number;
  /** When gettoken began to fail. */
  readonly since: number;
  /** When the breaker opened; absent while it is closed. */
  readonly openedAt?: number | undefined;
  readonly openUntil: number;
  /** The revision of the secret of the last call (see ParameterValue), `''` if none; never the secret. */
  readonly secretRevision: string;
  /** Calls of the last hour that WeCom refused, or may have refused: ten at most, oldest first. */
  readonly failedCalls: readonly FailedCall[];
  /** All calls where WeCom limits them by the hour: the last five, oldest first. Absent elsewhere. */
  readonly calls?: readonly number[] | undefined;
};

export type FailedCall = {
  readonly at: number;
  readonly secretRevision: string;
};

export const emptyRecord: TokenRecord = { version: 0 };

/**
 * The version of the record that replaces `seen`. Versions start from the clock: a record that
 * DynamoDB deleted and that is made again never gets a version that a frozen holder still has.
 */
export function nextVersion(seen: TokenRecord, now: number): number {
  return Math.max(seen.version + 1, now);
}

/**
 * Where the record is kept, with two operations: read it, and replace the version that was read.
 *
 * Implementations: dynamoTokenStore.ts (shared by all instances) and fallbackTokenStore.ts (the
 * shared one, and the memory of this instance while DynamoDB does not answer). All pass the same
 * suite, tests/lib/token/tokenStore.test.ts.
 */
export interface TokenStore {
  /**
   * The latest record; the empty one (version 0) if nothing was ever written.
   *
   * @param log of the request, here and below
   * @throws StoreUnavailable
   */
  read(log: Log): Promise<TokenRecord>;

  /**
   * Writes `next` if the stored version is still that of `seen`; otherwise changes nothing.
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
   * - Identity: a caller that reports token A as rejected after v6 sees a record without A, and
   *   drops nothing.
   *
   * A version only rises and never comes twice: see `nextVersion`.
   *
   * @returns whether it was written
   * @throws StoreUnavailable when it is not known whether it was written
   */
  replace(seen: TokenRecord, next: TokenRecord, log: Log): Promise<boolean>;
}
