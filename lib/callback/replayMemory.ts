import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { poll } from '../poll.ts';
import { pushKey } from '../tableKeys.ts';
import { CallbackInProgress } from './errors.ts';
import { FRESHNESS_MS } from './messageCrypt.ts';
import type { Channel } from './sharedKeys.ts';

/**
 * A captured request passes the freshness check for at most twice its window. WeCom's own retries
 * end within a minute (document 90238).
 */
const MEMORY_MS = 3 * FRESHNESS_MS;

/** A claim outlives the deadline of its process by this much. */
const CLAIM_GRACE_MS = 500;

export interface ReplayMemoryParts {
  readonly table: Table;
  readonly corpId: string;
  readonly clock: Clock;
}

/**
 * Remembers processed pushes, so that each has one effect however often it is delivered. One item a
 * push, in the cache table.
 *
 * ```text
 *   delivery 1  ──claim───effect────────────settle──► 200
 *   delivery 2  ────claim✗──get───get────get───┴────► 200, a duplicate
 *
 *   delivery 1  ──claim───effect✗──release──► 5xx, WeCom delivers again
 *   delivery 2  ────claim✗──get─────get───claim───effect──settle──► 200
 *
 *   delivery 1  ──claim───effect─ ✝ (the process dies)
 *   retry                             claimedUntil│──claim───effect──settle──► 200
 * ```
 *
 * The claim is one conditional write. It succeeds if there is no item, if the item is expired
 * (DynamoDB deletes late), if an earlier claim ran out before its effect was applied, or if it is
 * this very claim, sent again because its response was lost.
 */
export class ReplayMemory {
  readonly #table: Table;
  readonly #corpId: string;
  readonly #clock: Clock;

  constructor({ table, corpId, clock }: ReplayMemoryParts) {
    this.#table = table;
    this.#corpId = corpId;
    this.#clock = clock;
  }

  /**
   * Runs `effect` at most once for each push. If another instance is running it, waits for the
   * result, and takes over when that one fails.
   *
   * The result of the effect is written in `invocation.waitUntil`, because it counts even if that
   * fails.
   *
   * @param id of the push: a hash of the decrypted message. A retry may come in a new envelope, and
   *   neither MsgId nor sender and second tell two contact changes apart (document 90238)
   * @param effect must end by `invocation.deadline`, and may run again if its process dies
   * @throws CallbackInProgress if the effect is still running elsewhere at the deadline
   * @throws StoreUnavailable, and what the effect throws: then the next delivery runs it
   */
  async once(
    channel: Channel,
    id: string,
    effect: () => Promise<void>,
    invocation: Invocation,
  ): Promise<'applied' | 'duplicate'> {
    const { pk } = pushKey(this.#corpId, channel, id);
    const outcome = await poll(
      () => this.#claimOrFind(pk, invocation),
      invocation.deadline,
      this.#clock,
    );
    if (outcome === undefined) {
      throw new CallbackInProgress('Another instance is processing the same push', { channel });
    }
    if (outcome === 'duplicate') return outcome;
    try {
      await effect();
    } catch (error) {
      invocation.waitUntil(this.#release(pk, invocation));
      throw error;
    }
    invocation.waitUntil(this.#settle(pk, invocation));
    return 'applied';
  }

  async #claimOrFind(
    pk: string,
    invocation: Invocation,
  ): Promise<'claimed' | 'duplicate' | undefined> {
    if (await this.#claim(pk, invocation)) return 'claimed';
    return (await this.#table.get({ pk }))?.['done'] === true ? 'duplicate' : undefined;
  }

  #claim(pk: string, { requestId, deadline }: Invocation): Promise<boolean> {
    const now = this.#clock.now();
    const rememberedUntil = now + MEMORY_MS;
    return this.#table.put(
      {
        pk,
        owner: requestId,
        claimedUntil: deadline + CLAIM_GRACE_MS,
        rememberedUntil,
        ttl: Math.ceil(rememberedUntil / 1_000),
      },
      {
        expression:
          'attribute_not_exists(pk) OR rememberedUntil < :now OR claimedUntil < :now' +
          ' OR (#owner = :me AND attribute_exists(claimedUntil))',
        names: { '#owner': 'owner' },
        values: { ':now': now, ':me': requestId },
      },
    );
  }

  /** Makes the claim permanent: nobody can take it until the item expires. */
  #settle(pk: string, { requestId }: Invocation): Promise<boolean> {
    return this.#table.update(
      { pk },
      {
        expression: 'SET done = :true REMOVE claimedUntil',
        names: { '#owner': 'owner' },
        values: { ':true': true, ':me': requestId },
      },
      '#owner = :me',
    );
  }

  #release(pk: string, { requestId }: Invocation): Promise<boolean> {
    return this.#table.delete(
      { pk },
      { expression: '#owner = :me', names: { '#owner': 'owner' }, values: { ':me': requestId } },
    );
  }
}
