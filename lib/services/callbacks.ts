import { createCallbackKeys } from '../callback/callbackKeys.ts';
import type { Channel } from '../callback/channel.ts';
import { createOpenMessage, type OpenMessage } from '../callback/openMessage.ts';
import { createParameter } from '../parameters/parameter.ts';
import { clock, configuration, once } from './base.ts';
import { fetchParameter } from './parameters.ts';

/*
 * All that a URL verification needs: neither DynamoDB nor WeCom, because WeCom gives a cold
 * callback one second for it.
 */

function callbackKeys(channel: Channel) {
  const name = configuration().callbackParameters[channel];
  const parameter = name === undefined ? undefined : createParameter(name, fetchParameter(), clock);
  return createCallbackKeys(channel, parameter, clock);
}

export const openMessage = once(
  (): OpenMessage =>
    createOpenMessage(
      { app: callbackKeys('app'), contacts: callbackKeys('contacts') },
      configuration().corpId,
      clock,
    ),
);
