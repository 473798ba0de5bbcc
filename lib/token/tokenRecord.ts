/**
 * What is stored for one (corp, agent). The token, the right to replace it and the reason not to
 * try are one record, so that one conditional write can judge all three.
 */
export interface TokenRecord {
  /** Rises by one with every write; 0 is the record that was never written. */
  readonly version: number;
  readonly token?: StoredToken;
  /** Who alone may call gettoken, and until when. */
  readonly lease?: Lease;
  /** Why gettoken is not to be called, and until when. */
  readonly breaker?: Breaker;
}

export interface StoredToken {
  readonly value: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly obtainedAt: number;
  readonly expiresAt: number;
  /** When gettoken answered with this token although a caller had just reported it as refused. */
  readonly repeatedAt?: number;
}

export interface Lease {
  readonly owner: string;
  readonly until: number;
}

export interface Breaker {
  readonly reason: 'refused' | 'limited' | 'unreachable';
  /** WeCom's errcode; -1 when there was none. */
  readonly errcode: number;
  /** Refusals in a row; a pause for an unreachable WeCom does not count. */
  readonly failures: number;
  readonly openUntil: number;
  /** The revision of the secret that failed (see Parameter.revision); never the secret. */
  readonly secretRevision: string;
}

export const emptyRecord: TokenRecord = { version: 0 };
