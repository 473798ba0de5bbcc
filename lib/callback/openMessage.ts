import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import type { Channel } from './channel.ts';
import type { ChannelKeys } from './channelKeys.ts';
import { decrypt } from './encryption.ts';
import { CallbackRefused } from './errors.ts';
import { isFresh } from './freshness.ts';
import type { SharedKeys } from './sharedKeys.ts';
import { verifySignature } from './signature.ts';

/** What the query of every callback says. */
export interface CallbackProof {
  /** msg_signature, as sent. */
  readonly signature: string;
  /** Seconds since the epoch, as sent. */
  readonly timestamp: string;
  readonly nonce: string;
}

/** A ciphertext and the proof that it is WeCom's. */
export interface SealedMessage extends CallbackProof {
  /** base64. */
  readonly encrypted: string;
}

/**
 * Proves that a message is WeCom's, meant for us and sent just now, and decrypts it.
 *
 * @throws CallbackRefused, and what reading the channel's keys throws
 */
export type OpenMessage = (
  channel: Channel,
  sealed: SealedMessage,
  invocation: Invocation,
) => Promise<string>;

/** @param receiveId for an app of the corp itself: the CorpID (document 90968) */
export function createOpenMessage(
  channelKeys: Record<Channel, ChannelKeys>,
  receiveId: string,
  clock: Clock,
): OpenMessage {
  return async function openMessage(channel, sealed, invocation) {
    try {
      const { key } = await signingKeys(channelKeys[channel], sealed, invocation);
      if (!isFresh(sealed.timestamp, clock.now())) throw new CallbackRefused('stale');
      return decrypt(key, sealed.encrypted, receiveId);
    } catch (error) {
      // The checks need not know of channels; the operator must, to know whose keys to look at.
      throw error instanceof CallbackRefused ? new CallbackRefused(error.refusal, channel) : error;
    }
  };
}

/**
 * The keys that the message was signed with. Keys are remembered for minutes, and an administrator
 * who has just replaced them presses "save" in WeCom's console at once: so SSM is asked again
 * before a signature is called wrong.
 */
async function signingKeys(
  channelKeys: ChannelKeys,
  sealed: SealedMessage,
  invocation: Invocation,
): Promise<SharedKeys> {
  const { timestamp, nonce, encrypted, signature } = sealed;
  const signed = ({ token }: SharedKeys) =>
    verifySignature(timestamp, nonce, encrypted, token, signature);

  const remembered = await channelKeys.read(invocation);
  if (signed(remembered)) return remembered;
  const changed = await channelKeys.readChanged(invocation);
  if (changed && signed(changed)) return changed;
  throw new CallbackRefused('-40001');
}
