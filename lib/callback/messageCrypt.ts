import type { TimeSource } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import type { ChannelKeys } from './channelKeys.ts';
import { decrypt, verifySignature } from './encryption.ts';
import { CallbackRefused, isSignedRefusal } from './errors.ts';
import type { Channel, SharedKeys } from './sharedKeys.ts';

/** The parameters in the query of every callback. */
export interface CallbackProof {
  /** msg_signature, as sent. */
  readonly signature: string;
  /** Seconds since the epoch, as sent. */
  readonly timestamp: string;
  readonly nonce: string;
}

/** A ciphertext with its proof. */
export interface SealedMessage extends CallbackProof {
  /** base64. */
  readonly encrypted: string;
}

/** How far a timestamp may be in the past or future. The limit is ours: WeCom documents none. */
export const FRESHNESS_MS = 300_000;

export interface MessageCryptParts {
  readonly channelKeys: Readonly<Record<Channel, Pick<ChannelKeys, 'read' | 'readChanged'>>>;
  /** The CorpID, for an app of the corp itself (document 90968). */
  readonly receiveId: string;
  readonly clock: TimeSource;
}

/**
 * Verifies and decrypts callbacks. It parses no XML: the parser would slow down a cold URL
 * verification, and WeCom waits one second for it.
 */
export class MessageCrypt {
  readonly #channelKeys: MessageCryptParts['channelKeys'];
  readonly #receiveId: string;
  readonly #clock: TimeSource;

  constructor({ channelKeys, receiveId, clock }: MessageCryptParts) {
    this.#channelKeys = channelKeys;
    this.#receiveId = receiveId;
    this.#clock = clock;
  }

  /**
   * Verifies that a message is from WeCom, for this corp and at most five minutes old, and decrypts it.
   *
   * @throws CallbackRefused, and what reading the channel's keys throws
   */
  async decryptMessage(
    channel: Channel,
    sealed: SealedMessage,
    invocation: Invocation,
  ): Promise<string> {
    try {
      const { key } = await signingKeys(this.#channelKeys[channel], sealed, invocation);
      if (!isFresh(sealed.timestamp, this.#clock.now())) throw new CallbackRefused('stale');
      return decrypt(key, sealed.encrypted, this.#receiveId);
    } catch (error) {
      if (!(error instanceof CallbackRefused)) throw error;
      const { refusal } = error;
      if (isSignedRefusal(refusal)) {
        invocation.log.metric('CallbackUndecryptable', 'A signed callback cannot be decrypted', {
          channel,
          refusal,
        });
      }
      throw new CallbackRefused(refusal, channel);
    }
  }

  /**
   * The answer to WeCom's URL verification: the decrypted echostr (document 90238).
   *
   * Pushes are signed by the same rule, so a captured push could be sent here to be decrypted. Only
   * a text that looks like an echostr is returned: WeCom's are decimal numbers.
   *
   * @throws CallbackRefused, and what reading the channel's keys throws
   */
  async verifyUrl(
    channel: Channel,
    sealed: SealedMessage,
    invocation: Invocation,
  ): Promise<string> {
    const echo = await this.decryptMessage(channel, sealed, invocation);
    if (!/^[0-9A-Za-z_-]{1,64}$/.test(echo)) throw new CallbackRefused('echo', channel);
    return echo;
  }
}

/**
 * The keys that the message is signed with. They are cached for minutes, and an administrator who
 * replaces them saves the URL in WeCom's console right after. So SSM is read again before a signature
 * is refused.
 */
async function signingKeys(
  channelKeys: Pick<ChannelKeys, 'read' | 'readChanged'>,
  { timestamp, nonce, encrypted, signature }: SealedMessage,
  invocation: Invocation,
): Promise<SharedKeys> {
  const isSignedWith = ({ token }: SharedKeys) =>
    verifySignature(timestamp, nonce, encrypted, token, signature);

  const cached = await channelKeys.read(invocation);
  if (isSignedWith(cached)) return cached;
  const changed = await channelKeys.readChanged(invocation);
  if (changed && isSignedWith(changed)) return changed;
  throw new CallbackRefused('-40001');
}

/**
 * @param timestamp seconds since the epoch, in digits
 * @param now milliseconds since the epoch
 */
function isFresh(timestamp: string, now: number): boolean {
  return Math.abs(Number(timestamp) * 1_000 - now) <= FRESHNESS_MS;
}
