import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Parameter, ParameterValue } from '../parameters/parameter.ts';
import { type CallbackKey, decodeCallbackKey, ENCODING_AES_KEY } from './callbackKey.ts';
import type { Channel } from './channel.ts';
import { CallbackNotConfigured } from './errors.ts';

/** What a channel's owner shares with WeCom. */
export interface SharedKeys {
  readonly token: string;
  readonly key: CallbackKey;
}

export interface CallbackKeys {
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

const text = v.string('must be a text');

/** The JSON in the SecureString. Every message is written out: valibot's own quote the value. */
const Stored = v.object(
  {
    token: v.pipe(text, v.regex(/^[0-9A-Za-z]{1,32}$/, 'must be 1 to 32 letters and digits')),
    encodingAesKey: v.pipe(text, v.regex(ENCODING_AES_KEY, 'must be 43 letters and digits')),
  },
  'is missing',
);

/** @param parameter nothing where the function's environment names none */
export function createCallbackKeys(
  channel: Channel,
  parameter: Parameter | undefined,
  clock: Clock,
): CallbackKeys {
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
      const { token, encodingAesKey } = parse(value, parameter?.name);
      decoded = { revision, keys: { token, key: decodeCallbackKey(encodingAesKey) } };
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

function parse(value: string, name: string | undefined): v.InferOutput<typeof Stored> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    // The parser's own message quotes the value: dropped.
    throw wrong(name, ['the value is not JSON']);
  }
  const result = v.safeParse(Stored, parsed);
  if (result.success) return result.output;
  throw wrong(
    name,
    result.issues.map((issue) => {
      const field = v.getDotPath(issue);
      if (!field) return 'the value is not a JSON object';
      return `${field} ${issue.type === 'object' ? 'is missing' : issue.message}`;
    }),
  );
}

function wrong(name: string | undefined, problems: readonly string[]): ConfigurationError {
  return new ConfigurationError("A callback channel's keys are wrong", {
    parameter: name,
    problems,
    advice: "Copy Token and EncodingAESKey again from WeCom's console into this SecureString.",
  });
}
