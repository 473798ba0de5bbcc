import type { Clock } from '../clock.ts';
import type { DirectoryChanges } from '../directory/directoryChanges.ts';
import type { Invocation } from '../invocation.ts';
import {
  applyEvent,
  type KnownEvent,
  type MemberSignOuts,
  type PersonChanges,
} from './applyEvent.ts';
import { CallbackInProgress } from './errors.ts';
import { readEvent } from './event.ts';
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
  /** Sends the event to the company's own systems. Last: it must not delay the other effects. */
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
   * Processes one push within four seconds. When it returns, the push may be acknowledged. When it
   * throws anything but CallbackRefused, WeCom has to deliver it again.
   *
   * The budget also bounds what is handed to `waitUntil`, because that holds back the response. Work
   * that is cut off is not lost: its mark is in the store, and the next `verify` does it.
   *
   * @param body the outer XML, of bounded length
   * @throws CallbackRefused if it is not from WeCom
   * @throws CallbackInProgress if it is not processed within the budget
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
    const event = readEvent(text, { corpId, agentId, now: clock.now() });

    if (event.type === 'unknown') {
      const { what, unreadable } = event;
      // Acknowledged anyway: a retry would have the same bytes.
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

/**
 * Waits for the work until the deadline. Work that is not done by then continues, and its result is
 * ignored.
 *
 * @param deadline milliseconds since the epoch
 * @returns whether the work ended
 * @throws what the work throws before the deadline
 */
async function endsBy(deadline: number, work: Promise<unknown>, clock: Clock): Promise<boolean> {
  const ended = new AbortController();
  const timer = clock.sleep(Math.max(0, deadline - clock.now()), ended.signal);
  try {
    return await Promise.race([work.then(() => true), timer.then(() => false)]);
  } finally {
    ended.abort();
  }
}
