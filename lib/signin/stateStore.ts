import type { Table } from '../dynamodb/table.ts';
import { stateKey } from '../tableKeys.ts';
import { s256 } from './pkce.ts';
import {
  type Outcome,
  REPLAY_WINDOW_MS,
  type Redemption,
  readStateRecord,
  replayed,
  type StateRecord,
} from './stateRecord.ts';

/** An earlier redemption, with its outcome as soon as that is known. */
export interface Replay extends Redemption {
  readonly outcome: Outcome | undefined;
}

/** The states of one (corp, agent). Every method throws StoreUnavailable. */
export class StateStore {
  readonly #table: Table;
  readonly #corpId: string;
  readonly #agentId: string;

  constructor(table: Table, corpId: string, agentId: string) {
    this.#table = table;
    this.#corpId = corpId;
    this.#agentId = agentId;
  }

  /** The hash, so that a reader of the table cannot continue somebody's sign-in. */
  #key(state: string) {
    return stateKey(this.#corpId, s256(state));
  }

  /** Stores a new state. */
  async issue(
    state: string,
    issued: Pick<StateRecord, 'challenge' | 'redirectUri' | 'expiresAt'>,
  ): Promise<void> {
    // A state that is redeemed just before it expires is needed for one window more.
    const ttl = Math.ceil((issued.expiresAt + 2 * REPLAY_WINDOW_MS) / 1_000);
    const app = { corpId: this.#corpId, agentId: this.#agentId };
    await this.#table.put({ ...this.#key(state), ...app, ...issued, ttl });
  }

  /*
   * The condition that protects sign-in. WeCom has no PKCE, so nothing else refuses a code that was
   * injected into another person's browser. A stolen code is not refused: WeCom does not bind codes to
   * states, so a thief can use it once, within five minutes, with a state of their own.
   *
   *   authorize           consume                 resolve
   *   ───┬───────────────────┬───────────────────────┬──────────────────────►
   *      │ redeemable 10 min │ code is being spent   │ the same request gets
   *      │                   │ (others wait)         │ the same answer
   *      │                   ├── redemption.at ──────┴───── + 60 s, then refused
   *      │                   │
   *      │                   └── release: the code was not spent. Redeemable again, by the same
   *      │                       code alone, until expiresAt
   *      └── expiresAt: compared here, DynamoDB deletes late
   *
   * All of it is one write, so a wrong verifier or another agent spends nothing, and one of any number
   * of correct callers continues to WeCom. The condition compares no secrets (the challenge was in an
   * address), so its timing reveals nothing.
   */

  /**
   * Stores the redemption of a state, if the state can be redeemed.
   *
   * @returns whether this redemption is the effective one: of concurrent callers, one gets true
   */
  consume(state: string, challenge: string, redemption: Redemption): Promise<boolean> {
    return this.#table.update(
      this.#key(state),
      {
        expression: 'SET redemption = :redemption',
        values: {
          ':redemption': redemption,
          ':now': redemption.at,
          ':corpId': this.#corpId,
          ':agentId': this.#agentId,
          ':challenge': challenge,
          ':codeHash': redemption.codeHash,
        },
      },
      [
        'attribute_not_exists(redemption)',
        'expiresAt > :now',
        'corpId = :corpId',
        'agentId = :agentId',
        'challenge = :challenge',
        '(attribute_not_exists(reservedFor) OR reservedFor = :codeHash)',
      ].join(' AND '),
    );
  }

  /**
   * After `consume` gave true and the code was not spent: makes the state redeemable again, by the
   * same code and verifier.
   *
   * @returns false when another redemption has taken its place
   */
  release(state: string, { id, codeHash }: Redemption): Promise<boolean> {
    return this.#table.update(
      this.#key(state),
      {
        expression: 'SET reservedFor = :codeHash REMOVE redemption',
        values: { ':codeHash': codeHash, ':id': id },
      },
      // Also if AWS's client sends the request again because an answer was lost.
      'redemption.id = :id OR (attribute_not_exists(redemption) AND reservedFor = :codeHash)',
    );
  }

  /**
   * After `consume` gave false: the effective redemption, if its request is equal to this one.
   *
   * @returns nothing for a state that was released
   * @throws StateRefused when anything differs
   */
  async replay(
    state: string,
    challenge: string,
    redemption: Redemption,
  ): Promise<Replay | undefined> {
    const record = readStateRecord(await this.#table.get(this.#key(state)));
    const claim = { corpId: this.#corpId, agentId: this.#agentId, challenge, redemption };
    const earlier = replayed(record, claim);
    return earlier && { ...earlier, outcome: record?.outcome };
  }

  /** After `consume` gave true: stores how it ended. */
  async resolve(state: string, { id }: Pick<Redemption, 'id'>, outcome: Outcome): Promise<void> {
    await this.#table.update(
      this.#key(state),
      {
        expression: 'SET outcome = :outcome',
        values: { ':outcome': outcome, ':id': id },
      },
      // A deleted item must not come back without a ttl, nor another redemption get this outcome.
      'redemption.id = :id',
    );
  }
}
