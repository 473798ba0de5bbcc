import type { Clock } from '../clock.ts';
import { resultBy } from '../deadline.ts';
import type { DirectoryChanges } from '../directory/directoryChanges.ts';
import type { Invocation } from '../invocation.ts';
import { applyEvent, type MemberSignOuts, type PersonChanges } from './applyEvent.ts';
import { CallbackInProgress } from './errors.ts';
import { type KnownEvent, readEvent } from './event.ts';
import type { CallbackProof, MessageCrypt } from './messageCrypt.ts';
import type { ReplayMemory } from './replayMemory.ts';
import type { Channel } from './sharedKeys.ts';
import { readEnvelope } from './xml.ts';

/** The fields of an event that name a member. */
interface Rename {
  readonly userid: string;
  readonly newUserid: string;
}

/**
 * WeCom waits five seconds for the response, and delivers again after that (document 90238). One
 * second is left for the start of a cold instance and the network.
 */
const PUSH_BUDGET_MS = 4_000;

export interface PushReceiverParts {
  readonly corpId: string;
  readonly agentId: string;
  readonly messageCrypt: Pick<MessageCrypt, 'decryptMessage'>;
  readonly replayMemory: Pick<ReplayMemory, 'once'>;
  readonly directoryChanges: DirectoryChanges;
  readonly personChanges: PersonChanges;
  readonly signOuts: MemberSignOuts;
  /** Sends the event to the company's own systems; absent if there is no event bus. Called last. */
  readonly publish?: (event: KnownEvent, invocation: Invocation) => Promise<void>;
  readonly clock: Clock;
}

/** Receives pushes: verifies, decrypts and applies them, each once. */
export class PushReceiver {
  readonly #parts: PushReceiverParts;

  constructor(parts: PushReceiverParts) {
    this.#parts = parts;
  }

  /**
   * Processes one push within four seconds. If it returns, the push may be acknowledged. If it throws
   * anything but CallbackRefused, WeCom has to deliver the push again.
   *
   * The budget also bounds the work of `waitUntil`, because that delays the response. Work that is cut
   * off is not lost: it is marked in the store, and the next `verify` does it.
   *
   * @param body the outer XML, of bounded length
   * @throws CallbackRefused if it is not from WeCom
   * @throws CallbackInProgress if it is not processed within the budget
   * @throws what `MessageCrypt`, `ReplayMemory`, `applyEvent` and `publish` throw
   */
  async receive(
    channel: Channel,
    proof: CallbackProof,
    body: string,
    invocation: Invocation,
  ): Promise<void> {
    const { clock } = this.#parts;
    const deadline = Math.min(invocation.deadline, clock.now() + PUSH_BUDGET_MS);
    const bounded: Invocation = {
      ...invocation,
      deadline,
      waitUntil: (work) =>
        invocation.waitUntil(
          endsBy(deadline, work, clock).then((ended) => {
            if (!ended) invocation.log.warn('Work after a push was cut off', { channel });
          }),
        ),
    };
    if (!(await endsBy(deadline, this.#process(channel, proof, body, bounded), clock))) {
      throw new CallbackInProgress('The push was not processed in time', { channel });
    }
  }

  async #process(
    channel: Channel,
    proof: CallbackProof,
    body: string,
    invocation: Invocation,
  ): Promise<void> {
    const { corpId, agentId, messageCrypt, replayMemory, clock } = this.#parts;
    const { directoryChanges, personChanges, signOuts, publish } = this.#parts;
    const { log } = invocation;
    const sealed = { ...proof, encrypted: readEnvelope(body) };
    const text = await messageCrypt.decryptMessage(channel, sealed, invocation);
    const event = readEvent(text, {
      corpId,
      agentId,
      now: clock.now(),
      sentAt: Number(proof.timestamp) * 1_000,
    });

    if (event.type === 'unknown') {
      const { what, unreadable } = event;
      // Acknowledged also if it is unreadable: a retry would have the same bytes.
      if (unreadable) {
        log.metric('CallbackIgnored', 'Event unreadable', { channel, event: what, unreadable });
      } else {
        log.info('Event ignored', { channel, event: what }, { CallbackIgnored: 1 });
      }
      return;
    }
    // The line below has no userid: beside the pseudonym it would tell who the other lines are about.
    const { userid, newUserid, type, id, ...about }: KnownEvent & Partial<Rename> = event;
    const member = newUserid ?? userid;
    if (member !== undefined) invocation.noteMember(member);
    invocation.note({ event: type });
    const outcome = await replayMemory.once(
      channel,
      event.id,
      async () => {
        await applyEvent(event, directoryChanges, personChanges, signOuts, invocation);
        await publish?.(event, invocation);
      },
      invocation,
    );
    const fields = { channel, outcome, event: type, eventId: id, ...about };
    if (event.unreadable) {
      log.metric('CallbackIgnored', 'Event received, but a field of it is unreadable', fields);
    } else log.info('Event received', fields);
  }
}

/** @returns whether the work ended by the deadline. @throws what the work throws */
async function endsBy(deadline: number, work: Promise<unknown>, clock: Clock): Promise<boolean> {
  const ended = work.then(() => true);
  return (await resultBy(deadline, ended, clock)) ?? false;
}
