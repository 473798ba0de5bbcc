import { createCallbackKeys } from './callback/callbackKeys.ts';
import type { Channel } from './callback/channel.ts';
import { createOpenMessage, type OpenMessage } from './callback/openMessage.ts';
import { systemClock } from './clock.ts';
import { type Configuration, readConfiguration } from './configuration.ts';
import { createParameter } from './parameters/parameter.ts';
import { createSsm } from './parameters/ssm.ts';

/*
 * The wiring that needs neither DynamoDB nor WeCom, apart from services.ts because bundlers split
 * code by file: with nothing more than this a cold callback answers WeCom's URL verification, for
 * which it has one second.
 */

export const clock = systemClock;

/**
 * Makes a thing when it is first asked for, and keeps it. Calling it does nothing else, so that the
 * bundler may drop what a function does not name.
 *
 * @__NO_SIDE_EFFECTS__
 */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export const configuration = once((): Configuration => readConfiguration(process.env));

export const fetchParameter = once(() => createSsm());

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
