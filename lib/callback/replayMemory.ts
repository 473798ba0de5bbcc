import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import { WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { poll } from '../poll.ts';
import { pushKey } from '../tableKeys.ts';
import type { Channel } from './channel.ts';
import { CallbackInProgress } from './errors.ts';
import { FRESHNESS_MILLISECONDS } from './freshness.ts';

/** Remembers what was pushed, so that each push has one effect however often it is delivered. */
export interface ReplayMemory {
  /**
   * Has the effect unless this push has had it. Where it is being had elsewhere at this moment,
   * waits for the outcome, and takes over when that one fails.
   *
   * @param text the decrypted message: a retry may come in a new envelope, and neither MsgId nor
   *   sender and second tell two contact changes apart (document 90238)
   * @param effect must end by `invocation.deadline`
   * @returns whether it was had now, or had been before
   * @throws CallbackInProgress when the outcome is still open at the deadline
   * @throws StoreUnavailable, and what the effect throws: then the next delivery has it
   */
  once(
    channel: Channel,
    text: string,
    effect: () => Promise<void>,
    invocation: Invocation,
  ): Promise<'had' | 'repeated'>;
}

/**
 * A captured request passes the freshness check for at most twice its window; WeCom's own retries
 * end within a minute (document 90238).
 */
const REMEMBERED = 3 * FRESHNESS_MILLISECONDS;

/** A process that died holds its claim no longer than this after its deadline. */
const GRACE = 500;

/**
 * One item a push, in the table of things that may be lost.
 *
 * ```text
 *   delivery 1  ──claim───effect────────────done──► 200
 *   delivery 2  ────claim✗──look──look──look─┴────► 200 repeated
 *
 *   delivery 1  ──claim───effect✗──delete──► 5xx, WeCom delivers again
 *   delivery 2  ────claim✗──look────look──claim───effect──done──► 200
 *
 *   delivery 1  ──claim───effect─ ✝ (the process dies)
 *   retry                             claimedUntil│──claim───effect──done──► 200
 * ```
 *
 * The claim is one conditional write: it succeeds where there is no item, where the item's time is
 * over (DynamoDB deletes late), where a claim ran out before the effect was had, or where it is this
 * very claim, sent again because the answer was lost.
 */
export function createReplayMemory(table: Table, corpId: string, clock: Clock): ReplayMemory {
  function claim(pk: string, { requestId, deadline }: Invocation): Promise<boolean> {
    const now = clock.now();
    const rememberedUntil = now + REMEMBERED;
    return table.put(
      {
        pk,
        owner: requestId,
        claimedUntil: deadline + GRACE,
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

  /** A claim without an end: nobody can take it until it is forgotten. */
  const settle = (pk: string, { requestId }: Invocation) =>
    table.update(
      { pk },
      {
        expression: 'SET done = :true REMOVE claimedUntil',
        names: { '#owner': 'owner' },
        values: { ':true': true, ':me': requestId },
      },
      '#owner = :me',
    );

  const release = (pk: string, { requestId }: Invocation) =>
    table.delete(
      { pk },
      { expression: '#owner = :me', names: { '#owner': 'owner' }, values: { ':me': requestId } },
    );

  async function claimOrOutcome(pk: string, invocation: Invocation) {
    if (await claim(pk, invocation)) return 'claimed';
    return (await table.get({ pk }))?.['done'] === true ? 'repeated' : undefined;
  }

  /** The effect is what counts: it stays had, or not had, whether or not this can be written down. */
  async function writeDown(written: Promise<boolean>, invocation: Invocation): Promise<void> {
    try {
      await written;
    } catch (error) {
      if (!(error instanceof WecomAuthError)) throw error;
      invocation.log.warn('The replay memory did not answer', { ...error.details });
    }
  }

  return {
    async once(channel, text, effect, invocation) {
      const { pk } = pushKey(corpId, channel, createHash('sha256').update(text).digest('hex'));
      const seen = await poll(() => claimOrOutcome(pk, invocation), invocation.deadline, clock);
      if (seen === 'repeated') return 'repeated';
      if (seen === undefined) {
        throw new CallbackInProgress('The same push is being worked on and is not done', {
          channel,
        });
      }
      try {
        await effect();
      } catch (error) {
        await writeDown(release(pk, invocation), invocation);
        throw error;
      }
      await writeDown(settle(pk, invocation), invocation);
      return 'had';
    },
  };
}
