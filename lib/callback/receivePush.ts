import type { Clock } from '../clock.ts';
import type { DirectoryChanges } from '../directory/directoryChanges.ts';
import type { Invocation } from '../invocation.ts';
import { applyEvent, type KnownEvent } from './applyEvent.ts';
import type { Channel } from './channel.ts';
import { readEnvelope } from './envelope.ts';
import { readEvent } from './event.ts';
import type { CallbackProof, OpenMessage } from './openMessage.ts';
import type { ReplayMemory } from './replayMemory.ts';

/**
 * Takes in one push. When it returns, the push may be acknowledged; when it throws, the effect was
 * not had and WeCom has to deliver it again.
 *
 * @param body the outer XML, of bounded length
 * @throws CallbackRefused when it is not WeCom's
 */
export type ReceivePush = (
  channel: Channel,
  proof: CallbackProof,
  body: string,
  invocation: Invocation,
) => Promise<void>;

/** WeCom hangs up after five seconds (document 90238): what is not done by then it delivers again. */
const PUSH_MILLISECONDS = 4_000;

export interface ReceivePushParts {
  readonly corpId: string;
  readonly agentId: string;
  readonly openMessage: OpenMessage;
  readonly replayMemory: ReplayMemory;
  readonly directoryChanges: DirectoryChanges;
  readonly clock: Clock;
}

export function createReceivePush(parts: ReceivePushParts): ReceivePush {
  const { corpId, agentId, openMessage, replayMemory, directoryChanges, clock } = parts;

  return async function receivePush(channel, proof, body, invocation) {
    const deadline = Math.min(invocation.deadline, clock.now() + PUSH_MILLISECONDS);
    const hurried: Invocation = { ...invocation, deadline };

    const encrypted = readEnvelope(body);
    const text = await openMessage(channel, { ...proof, encrypted }, hurried);
    const event = readEvent(text, corpId, agentId);
    if (event.type === 'unknown') {
      const { what } = event;
      invocation.log.metric('CallbackIgnored', 'Event ignored', { channel, event: what });
      return;
    }
    const effect = () => applyEvent(event, directoryChanges, hurried);
    const outcome = await replayMemory.once(channel, text, effect, hurried);
    invocation.log.info('Event received', { channel, outcome, ...logFields(event) });
  };
}

function logFields({ type, ...about }: KnownEvent) {
  return { event: type, ...about };
}
