import { ChannelKeys } from '../callback/channelKeys.ts';
import { MessageCrypt } from '../callback/messageCrypt.ts';
import type { PushReceiver } from '../callback/pushReceiver.ts';
import type { Channel } from '../callback/sharedKeys.ts';
import { type Base, createBase, lazy, once } from './base.ts';

/**
 * For `callback`. WeCom gives a cold callback one second to prove its URL, so that loads neither
 * DynamoDB nor WeCom nor the XML parser: what a push needs beside `messageCrypt` is in pushes.ts.
 */
export function wireCallback(environment: NodeJS.ProcessEnv) {
  const base = createBase(environment);
  const messageCrypt = once(() => createMessageCrypt(base));
  const verifyUrl: MessageCrypt['verifyUrl'] = async (...request) =>
    messageCrypt().verifyUrl(...request);
  const receivePush: PushReceiver['receive'] = lazy(async () => {
    const { createPushReceiver } = await import('./pushes.ts');
    const receiver = createPushReceiver(environment, messageCrypt());
    return (...push: Parameters<PushReceiver['receive']>) => receiver.receive(...push);
  });
  return { verifyUrl, receivePush };
}

function createMessageCrypt({ clock, configuration, parameter }: Base): MessageCrypt {
  const { callbackParameters, corpId } = configuration();
  const channelKeys = (channel: Channel) => {
    const name = callbackParameters[channel];
    const keysParameter = name === undefined ? undefined : parameter(name);
    return new ChannelKeys({ channel, parameter: keysParameter, clock });
  };
  return new MessageCrypt({
    channelKeys: { app: channelKeys('app'), contacts: channelKeys('contacts') },
    receiveId: corpId,
    clock,
  });
}
