import { timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { StateRefused } from './errors.ts';
import { Refusal } from './refusal.ts';

/** How long after its redemption the very same request is answered again, in milliseconds. */
export const REPLAY_WINDOW = 60_000;

/** What a redeemed state came to: a member, a refusal, or, with neither, nothing. */
const Outcome = v.object({ userid: v.optional(v.string()), refusal: v.optional(Refusal) });
export type Outcome = v.InferOutput<typeof Outcome>;

const Redemption = v.object({
  /** Tells this redemption from all others, and names its session. */
  id: v.string(),
  at: v.number(),
  codeHash: v.string(),
});
export type Redemption = v.InferOutput<typeof Redemption>;

/**
 * A state as it is stored: for whom it was issued, and what became of it. All times are milliseconds
 * since the epoch. No mobile and no e-mail is in it.
 */
const StateRecord = v.object({
  corpId: v.string(),
  agentId: v.string(),
  challenge: v.string(),
  redirectUri: v.string(),
  expiresAt: v.number(),
  redemption: v.optional(Redemption),
  outcome: v.optional(Outcome),
});
export type StateRecord = v.InferOutput<typeof StateRecord>;

/** @returns nothing for no item, and for one in another form */
export function readStateRecord(item: unknown): StateRecord | undefined {
  const record = v.safeParse(StateRecord, item);
  return record.success ? record.output : undefined;
}

/** Who wants to redeem a state. */
export interface Claim {
  readonly corpId: string;
  readonly agentId: string;
  readonly challenge: string;
  readonly redemption: Redemption;
}

/**
 * The redemption that consumed a state, for whom brings all that it was consumed with once more.
 *
 * @throws StateRefused that says what is different, or that the state is too old
 */
export function redemptionAgain(record: StateRecord | undefined, claim: Claim): Redemption {
  if (record === undefined) throw new StateRefused('unknown');
  const { corpId, agentId, challenge, redemption } = record;
  if (corpId !== claim.corpId || agentId !== claim.agentId) throw new StateRefused('other-app');
  if (!equal(challenge, claim.challenge)) throw new StateRefused('other-verifier');
  if (redemption === undefined) throw new StateRefused('expired');
  const sameCode = equal(redemption.codeHash, claim.redemption.codeHash);
  const late = claim.redemption.at >= redemption.at + REPLAY_WINDOW;
  if (!sameCode || late) throw new StateRefused('used');
  return redemption;
}

/** In constant time: a digest, then, cannot be guessed byte by byte. */
function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
