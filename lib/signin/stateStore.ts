import type { Table } from '../dynamodb/table.ts';
import { stateKey } from '../tableKeys.ts';
import { s256 } from './challenge.ts';
import {
  type Outcome,
  REPLAY_WINDOW,
  type Redemption,
  readStateRecord,
  redemptionAgain,
  type StateRecord,
} from './stateRecord.ts';

/** The states of one (corp, agent). Every method throws StoreUnavailable. */
export interface StateStore {
  issue(
    state: string,
    issued: Pick<StateRecord, 'challenge' | 'redirectUri' | 'expiresAt'>,
  ): Promise<void>;
  /** @returns whether this redemption is the one that counts; of any number of callers, one gets true */
  consume(state: string, challenge: string, redemption: Redemption): Promise<boolean>;
  /**
   * The redemption that counts, for whom `consume` gave false and who brings the same as it did, and
   * what it came to, as soon as that is known.
   *
   * @throws StateRefused when anything is different
   */
  redeemed(
    state: string,
    challenge: string,
    redemption: Redemption,
  ): Promise<{ redemption: Redemption; outcome?: Outcome | undefined }>;
  /** Only for whom `consume` gave true. */
  resolve(state: string, outcome: Outcome): Promise<void>;
}

export function createStateStore(table: Table, corpId: string, agentId: string): StateStore {
  // The hash, so that who reads the table cannot go on with somebody's sign-in.
  const key = (state: string) => stateKey(corpId, s256(state));

  return {
    async issue(state, issued) {
      const ttl = Math.ceil((issued.expiresAt + 2 * REPLAY_WINDOW) / 1_000);
      await table.put({ ...key(state), corpId, agentId, ...issued, ttl });
    },

    /*
     * The one condition that sign-in rests on. WeCom has no PKCE, so a code that was smuggled into
     * somebody else's browser is kept out here or nowhere. A stolen one is not: WeCom ties a code to
     * no state, and a thief can bring a state of their own. It works once, for five minutes.
     *
     *   authorize           consume                 resolve
     *   ───┬───────────────────┬───────────────────────┬──────────────────────►
     *      │ redeemable 10 min │ code is being spent   │ the same request gets
     *      │                   │ (others wait)         │ the same answer
     *      │                   └── redemption.at ──────┴───── + 60 s, then refused
     *      └── expiresAt: compared here, DynamoDB deletes late
     *
     * All of it is one write, so that a wrong verifier or another agent spends nothing, and of fifty
     * callers with everything right one goes on to WeCom. What is compared are a challenge that
     * stood in an address and names: their timing gives nothing away.
     */
    consume: (state, challenge, redemption) =>
      table.update(
        key(state),
        {
          expression: 'SET redemption = :redemption',
          values: {
            ':redemption': redemption,
            ':now': redemption.at,
            ':corpId': corpId,
            ':agentId': agentId,
            ':challenge': challenge,
          },
        },
        'attribute_not_exists(redemption) AND expiresAt > :now AND corpId = :corpId AND agentId = :agentId AND challenge = :challenge',
      ),

    async redeemed(state, challenge, redemption) {
      const record = readStateRecord(await table.get(key(state)));
      const earlier = redemptionAgain(record, { corpId, agentId, challenge, redemption });
      return { redemption: earlier, outcome: record?.outcome };
    },

    async resolve(state, outcome) {
      await table.update(
        key(state),
        { expression: 'SET outcome = :outcome', values: { ':outcome': outcome } },
        // Not into nothing: an item of its own would have no ttl.
        'attribute_exists(redemption)',
      );
    },
  };
}
