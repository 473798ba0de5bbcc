import type { Channel } from '../callback/channel.ts';
import { createChannelKeys } from '../callback/channelKeys.ts';
import { createOpenMessage, type OpenMessage } from '../callback/openMessage.ts';
import { createUrlVerification, type UrlVerification } from '../callback/urlVerification.ts';
import { createParameter } from '../parameters/parameter.ts';
import { clock, configuration, once } from './base.ts';
import { fetchParameter } from './parameters.ts';

/*
 * All that a URL verification needs: neither DynamoDB nor WeCom, because WeCom gives a cold
 * callback one second for it.
 */

function channelKeys(channel: Channel) {
  const name = configuration().callbackParameters[channel];
  const parameter = name === undefined ? undefined : createParameter(name, fetchParameter(), clock);
  return createChannelKeys(channel, parameter, clock);
}

export const openMessage = /* @__PURE__ */ once(
  (): OpenMessage =>
    createOpenMessage(
      { app: channelKeys('app'), contacts: channelKeys('contacts') },
      configuration().corpId,
      clock,
    ),
);

export const urlVerification = /* @__PURE__ */ once(
  (): UrlVerification => createUrlVerification(openMessage()),
);
