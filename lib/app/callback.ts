import type { Channel } from '../callback/channel.ts';
import { createChannelKeys } from '../callback/channelKeys.ts';
import { createOpenMessage, type OpenMessage } from '../callback/openMessage.ts';
import type { ReceivePush } from '../callback/receivePush.ts';
import { createUrlVerification, type UrlVerification } from '../callback/urlVerification.ts';
import { type Base, createBase, lazy } from './base.ts';

/**
 * For `callback`. WeCom gives a cold callback one second to prove its URL, so that loads neither
 * DynamoDB nor WeCom nor the XML parser: what a push needs beside `openMessage` is in pushes.ts.
 */
export function wireCallback(environment: NodeJS.ProcessEnv) {
  const base = createBase(environment);
  const openMessage: OpenMessage = lazy(() => createOpen(base));
  const urlVerification: UrlVerification = lazy(() => createUrlVerification(openMessage));
  const receivePush: ReceivePush = lazy(async () => {
    const { createPushReceiver } = await import('./pushes.ts');
    return createPushReceiver(environment, openMessage);
  });
  return { urlVerification, receivePush };
}

function createOpen({ clock, configuration, parameter }: Base): OpenMessage {
  const { callbackParameters, corpId } = configuration();
  const channelKeys = (channel: Channel) => {
    const name = callbackParameters[channel];
    return createChannelKeys(channel, name === undefined ? undefined : parameter(name), clock);
  };
  const keys = { app: channelKeys('app'), contacts: channelKeys('contacts') };
  return createOpenMessage(keys, corpId, clock);
}
