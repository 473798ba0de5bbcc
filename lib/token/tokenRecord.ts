/**
 * What is stored for one (corp, agent). The token, the right to replace it and the reason not to
 * try are one record, so that one conditional write can judge all three. All times are milliseconds
 * since the epoch.
 */
export interface TokenRecord {
  /** Rises with every write; 0 is the record that was never written. */
  readonly version: number;
  readonly token?: StoredToken | undefined;
  /** Who alone may call gettoken, and until when. */
  readonly lease?: Lease | undefined;
  /** How gettoken went lately, and until when it is not to be called. */
  readonly breaker?: Breaker | undefined;
}

export interface StoredToken {
  readonly value: string;
  readonly obtainedAt: number;
  readonly expiresAt: number;
  /** When gettoken last answered with this very token although it was asked for the next one. */
  readonly repeatedAt?: number | undefined;
  /** When gettoken gave it, for the first time or again, because one was reported as refused. */
  readonly reportAnsweredAt?: number | undefined;
}

export interface Lease {
  /** One flight of one invocation; it begins with the request id, so that the log tells whose it is. */
  readonly owner: string;
  readonly until: number;
}

export interface Breaker {
  /**
   * - `refused`: WeCom refused the secret, the corp id, or something else that only a person can mend.
   * - `limited`: WeCom limits gettoken (45009, 45033).
   * - `unreachable`: no answer, an unusable one, or "system busy".
   * - `unreported`: a call was begun and nobody has said yet how it ended.
   * - `no-secret`: gettoken was not called, because SSM did not give the secret.
   * - `closed`: it works again; kept for an hour for the sake of the count.
   */
  readonly reason: 'refused' | 'limited' | 'unreachable' | 'unreported' | 'no-secret' | 'closed';
  /** WeCom's errcode; -1 when there was none. */
  readonly errcode: number;
  /** Calls that WeCom refused, or may have refused, one after another. */
  readonly failures: number;
  /** When the trouble began. */
  readonly since: number;
  /** The last call. */
  readonly calledAt: number;
  readonly openUntil: number;
  /** The revision of the secret of the last call (see ParameterValue), `''` if none; never the secret. */
  readonly secretRevision: string;
  /** Whether the operator was told that it is open, and is to be told when it closes. */
  readonly announced: boolean;
}

export const emptyRecord: TokenRecord = { version: 0 };

/**
 * The record to replace `seen` with. Versions start from the clock: a record that DynamoDB deleted
 * and that is made anew never has a version again that some frozen holder still remembers.
 */
export function successor<Content extends Omit<TokenRecord, 'version'>>(
  seen: TokenRecord,
  now: number,
  content: Content,
): Content & TokenRecord {
  return { ...content, version: Math.max(seen.version + 1, now) };
}
