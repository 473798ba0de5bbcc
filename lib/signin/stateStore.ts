import * as v from 'valibot';
import type { Table } from '../dynamodb/table.ts';
import { s256 } from './challenge.ts';

/** How long a visitor may take from our authorize route back to us. */
export const STATE_LIFETIME = 600_000;
/** How long after its redemption the very same request is answered again. */
export const REPLAY_WINDOW = 60_000;

/** A state as it is stored: for whom it was issued, and what became of it. */
const StateRecord = v.object({
  corpId: v.string(),
  agentId: v.string(),
  challenge: v.string(),
  redirectUri: v.string(),
  /** Milliseconds since the epoch, as all times here. */
  expiresAt: v.number(),
  redemption: v.optional(
    v.object({
      /** Tells this redemption from all others, and names its session. */
      id: v.string(),
      at: v.number(),
      codeHash: v.string(),
    }),
  ),
  /** Whom it resolved to; `''` when it came to nothing. No mobile and no e-mail. */
  userid: v.optional(v.string()),
});
export type StateRecord = v.InferOutput<typeof StateRecord>;
export type Redemption = NonNullable<StateRecord['redemption']>;

/** The states of one (corp, agent). */
export interface StateStore {
  issue(
    state: string,
    issued: Pick<StateRecord, 'challenge' | 'redirectUri' | 'expiresAt'>,
  ): Promise<void>;
  /** @returns whether this redemption is the one that counts; of any number of callers, one gets true */
  consume(state: string, challenge: string, redemption: Redemption): Promise<boolean>;
  read(state: string): Promise<StateRecord | undefined>;
  /** Only for whom `consume` gave true. `userid` is `''` when the sign-in came to nothing. */
  resolve(state: string, userid: string): Promise<void>;
}

export function createStateStore(table: Table, corpId: string, agentId: string): StateStore {
  // The hash, so that who reads the table cannot go on with somebody's sign-in.
  const key = (state: string) => ({ pk: `state#${s256(state)}` });

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

    async read(state) {
      const record = v.safeParse(StateRecord, await table.get(key(state)));
      return record.success ? record.output : undefined;
    },

    async resolve(state, userid) {
      await table.update(
        key(state),
        { expression: 'SET userid = :userid', values: { ':userid': userid } },
        // Not into nothing: an item of its own would have no ttl.
        'attribute_exists(redemption)',
      );
    },
  };
}
