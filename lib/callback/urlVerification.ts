import type { Invocation } from '../invocation.ts';
import type { Channel } from './channel.ts';
import { CallbackRefused } from './errors.ts';
import type { OpenMessage, SealedMessage } from './openMessage.ts';

/**
 * What to answer when WeCom asks whether a URL is ours: the decrypted echostr, bare (document 90238).
 *
 * A push is signed by the same rule, so whoever overheard one could send it here and read the
 * decrypted message in the answer. Hence only what looks like an echo text is ever answered:
 * WeCom's are decimal numbers.
 *
 * @throws CallbackRefused, and what reading the channel's keys throws
 */
export type UrlVerification = (
  channel: Channel,
  sealed: SealedMessage,
  invocation: Invocation,
) => Promise<string>;

export function createUrlVerification(openMessage: OpenMessage): UrlVerification {
  return async function urlVerification(channel, sealed, invocation) {
    const echo = await openMessage(channel, sealed, invocation);
    if (!/^[0-9A-Za-z_-]{1,64}$/.test(echo)) throw new CallbackRefused('echo', channel);
    return echo;
  };
}
