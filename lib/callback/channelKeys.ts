import type { Clock } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Parameter, ParameterValue } from '../parameters/parameter.ts';
import type { Channel } from './channel.ts';
import { CallbackNotConfigured } from './errors.ts';
import { readSharedKeys, type SharedKeys } from './sharedKeys.ts';

/** The keys of one channel, remembered. */
export interface ChannelKeys {
  /**
   * The channel's keys, decoded once for each writing of the parameter.
   *
   * @throws CallbackNotConfigured when there is no such parameter
   * @throws ConfigurationError that lists every problem of its value, and never the value
   * @throws ParameterUnavailable
   */
  read(invocation: Invocation): Promise<SharedKeys>;
  /** The keys after a new look into SSM; nothing when they did not change, or were looked up just now. */
  readChanged(invocation: Invocation): Promise<SharedKeys | undefined>;
}

/** Forgeries and scans come in any number; they make an instance ask SSM at most this often. */
const PAUSE = 10_000;

/** @param parameter nothing where the function's environment names none */
export function createChannelKeys(
  channel: Channel,
  parameter: Parameter | undefined,
  clock: Clock,
): ChannelKeys {
  let decoded: { revision: string; keys: SharedKeys } | undefined;
  let absentAt = Number.NEGATIVE_INFINITY;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function fetched(invocation: Invocation, fresh: boolean): Promise<ParameterValue> {
    if (!parameter || clock.now() < absentAt + PAUSE) throw notConfigured();
    try {
      return await parameter.read(invocation, { fresh });
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      absentAt = clock.now();
      throw notConfigured();
    }
  }

  function notConfigured(): CallbackNotConfigured {
    return new CallbackNotConfigured('This callback channel is not set up', {
      channel,
      parameter: parameter?.name,
      advice:
        'Put {"token":"…","encodingAesKey":"…"} into this SecureString to receive these callbacks.',
    });
  }

  function decode({ value, revision }: ParameterValue): SharedKeys {
    if (decoded?.revision !== revision) {
      decoded = { revision, keys: readSharedKeys(value, parameter?.name) };
    }
    return decoded.keys;
  }

  async function readChanged(invocation: Invocation): Promise<SharedKeys | undefined> {
    if (clock.now() < lookedAt + PAUSE) return undefined;
    lookedAt = clock.now();
    const before = decoded?.revision;
    const latest = await fetched(invocation, true);
    return latest.revision === before ? undefined : decode(latest);
  }

  return {
    async read(invocation) {
      const remembered = await fetched(invocation, false);
      try {
        return decode(remembered);
      } catch (error) {
        // It may have been corrected since it was remembered.
        const corrected = await readChanged(invocation);
        if (corrected) return corrected;
        throw error;
      }
    },

    readChanged,
  };
}
