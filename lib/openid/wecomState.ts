import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import { s256 } from '../signin/pkce.ts';
import { openidStateKey } from '../tableKeys.ts';

/*
 * The state that WeCom carries through a sign-in of the provider. It ties WeCom's answer to one
 * interaction and, by the hash of a cookie, to the browser that began. WeCom has neither PKCE nor a
 * nonce, so nothing else keeps out an answer in another browser.
 *
 *   /oauth2/authorize      /oauth2/wecom           result
 *   ───┬──────────────────────┬───────────────────────┬──────────────────────►
 *      │ redeemable 10 min    │ the code is spent     │ the same redirect, opened
 *      │                      │ (a second one waits)  │ again, gets the same result
 *      └── expiresAt          └── redeemedAt ─────────┴── + 60 s, then refused
 */

const State = v.object({
  interactionUid: v.string(),
  browserHash: v.string(),
  /** In milliseconds since the epoch, as all times here. */
  expiresAt: v.number(),
  /** Where the person can begin again: the path and query of the client's request. */
  retryPath: v.string(),
  redemptionId: v.optional(v.string()),
  codeHash: v.optional(v.string()),
  redeemedAt: v.optional(v.number()),
});
export type WecomState = v.InferOutput<typeof State>;

/** How long the same redirect, opened a second time, gets the result of the first. */
const REPLAY_MS = 60_000;

/** The states of sign-ins of the provider, each one item of the cache table under its hash. */
export class WecomStateStore {
  readonly #table: Table;
  readonly #corpId: string;
  readonly #clock: Clock;

  constructor(parts: { readonly table: Table; readonly corpId: string; readonly clock: Clock }) {
    this.#table = parts.table;
    this.#corpId = parts.corpId;
    this.#clock = parts.clock;
  }

  /** Stores a new state. @throws StoreUnavailable */
  async issue(
    state: string,
    issued: Pick<WecomState, 'interactionUid' | 'browserHash' | 'expiresAt' | 'retryPath'>,
  ): Promise<void> {
    const ttl = Math.ceil((issued.expiresAt + 2 * REPLAY_MS) / 1_000);
    await this.#table.put({ ...this.#key(state), ...issued, ttl });
  }

  /** Reads what the state was issued for. @throws StoreUnavailable */
  async read(state: string): Promise<WecomState | undefined> {
    const read = v.safeParse(State, await this.#table.get(this.#key(state)));
    return read.success ? read.output : undefined;
  }

  /**
   * Redeems the state: one conditional write, so of any number of callers one gets `true`.
   *
   * @param redemptionId of this caller alone, so that a lost answer does not lose the redemption
   * @throws StoreUnavailable
   */
  async redeem(
    state: string,
    proof: { readonly redemptionId: string; readonly code: string; readonly browserHash: string },
  ): Promise<boolean> {
    const now = this.#clock.now();
    return this.#table.update(
      this.#key(state),
      {
        expression: 'SET redemptionId = :id, codeHash = :code, redeemedAt = :now',
        values: {
          ':id': proof.redemptionId,
          ':code': s256(proof.code),
          ':now': now,
          ':browser': proof.browserHash,
        },
      },
      '(attribute_not_exists(redemptionId) OR redemptionId = :id) AND expiresAt > :now AND browserHash = :browser',
    );
  }

  /**
   * Takes back a redemption that spent no code, so that the same redirect can be tried again.
   *
   * @throws StoreUnavailable
   */
  async release(state: string, redemptionId: string): Promise<void> {
    await this.#table.update(
      this.#key(state),
      {
        expression: 'REMOVE redemptionId, codeHash, redeemedAt',
        values: { ':id': redemptionId },
      },
      'redemptionId = :id',
    );
  }

  /** Whether this redirect is the one that redeemed the state, opened again within a minute. */
  isReplay(state: WecomState, code: string, browserHash: string): boolean {
    const { redeemedAt, codeHash } = state;
    return (
      redeemedAt !== undefined &&
      codeHash === s256(code) &&
      state.browserHash === browserHash &&
      this.#clock.now() < redeemedAt + REPLAY_MS
    );
  }

  #key(state: string) {
    return openidStateKey(this.#corpId, s256(state));
  }
}
