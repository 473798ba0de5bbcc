import { timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { MemberInactive, NotAMember, type WecomAuthError } from '../errors.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import { StateRefused } from './errors.ts';

/** How long after a redemption the same request gets the same answer. */
export const REPLAY_WINDOW_MS = 60_000;

/** Why a sign-in was refused to the visitor, in a form that can be stored. No secret is in it. */
const Refusal = v.variant('code', [
  v.object({ code: v.literal('ERR_NOT_A_MEMBER') }),
  v.object({ code: v.literal('ERR_MEMBER_INACTIVE') }),
  v.object({
    code: v.literal('ERR_WECOM_ERRCODE'),
    api: v.string(),
    errcode: v.number(),
    errmsg: v.string(),
  }),
]);
export type Refusal = v.InferOutput<typeof Refusal>;

/** @returns nothing for an error that is not about the visitor: a retry may succeed */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof NotAMember || error instanceof MemberInactive) return { code: error.code };
  if (!(error instanceof WecomErrcode && error.refusesVisitor)) return undefined;
  const { code, api, errcode, errmsg } = error;
  return { code, api, errcode, errmsg };
}

/** Makes the error of a stored refusal again, for a repeated request. */
export async function errorOf(refusal: Refusal): Promise<WecomAuthError> {
  switch (refusal.code) {
    case 'ERR_NOT_A_MEMBER':
      return new NotAMember();
    case 'ERR_MEMBER_INACTIVE':
      return new MemberInactive();
    case 'ERR_WECOM_ERRCODE': {
      const { api, errcode, errmsg } = refusal;
      // Loaded here because the catalogue is long, and a sign-in that succeeds never needs it.
      const { errcodeEntry } = await import('../wecom/errcodes.ts');
      return new WecomErrcode(api, errcode, errmsg, errcodeEntry(errcode));
    }
  }
}

/** The result of redeeming a state's code: a member, a refusal, or neither of them. */
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
 * A stored state: the app and challenge it was issued for, and its redemption. All times are
 * milliseconds since the epoch. It contains no mobile and no e-mail.
 */
const StateRecord = v.object({
  corpId: v.string(),
  agentId: v.string(),
  challenge: v.string(),
  redirectUri: v.string(),
  expiresAt: v.number(),
  redemption: v.optional(Redemption),
  outcome: v.optional(Outcome),
  /** The hash of the one code that may still redeem the state, if it was released. */
  reservedFor: v.optional(v.string()),
});
export type StateRecord = v.InferOutput<typeof StateRecord>;

/** @returns nothing for no item, and for one in another form */
export function readStateRecord(item: unknown): StateRecord | undefined {
  const record = v.safeParse(StateRecord, item);
  return record.success ? record.output : undefined;
}

/** A request to redeem a state. */
export interface Claim {
  readonly corpId: string;
  readonly agentId: string;
  readonly challenge: string;
  readonly redemption: Redemption;
}

/**
 * The earlier redemption of a state, if code, state and verifier are all the same.
 *
 * @returns nothing for a state that was released and may be redeemed again
 * @throws StateRefused that says what differs, or that the state is too old
 */
export function replayed(record: StateRecord | undefined, claim: Claim): Redemption | undefined {
  if (record === undefined) throw new StateRefused('unknown');
  const { corpId, agentId, challenge, redemption, reservedFor, expiresAt } = record;
  if (corpId !== claim.corpId || agentId !== claim.agentId) throw new StateRefused('other-app');
  if (!equal(challenge, claim.challenge)) throw new StateRefused('other-verifier');
  const { codeHash, at } = claim.redemption;
  const firstCode = redemption?.codeHash ?? reservedFor;
  if (firstCode !== undefined && !equal(firstCode, codeHash)) throw new StateRefused('used');
  if (redemption === undefined) {
    if (firstCode === undefined || at >= expiresAt) throw new StateRefused('expired');
    return undefined;
  }
  if (at >= redemption.at + REPLAY_WINDOW_MS) throw new StateRefused('used');
  return redemption;
}

/** In constant time, so that a digest cannot be guessed byte by byte. */
function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
