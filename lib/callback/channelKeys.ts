import type { TimeSource } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Parameter, ParameterValue } from '../parameters/parameter.ts';
import { CallbackNotConfigured } from './errors.ts';
import { type Channel, readSharedKeys, type SharedKeys } from './sharedKeys.ts';

/** `read` and `readChanged` each read SSM at most once in this time, however many forgeries arrive. */
const SSM_INTERVAL_MS = 10_000;

export interface ChannelKeysParts {
  readonly channel: Channel;
  /** Absent if the function's environment names no parameter for the channel. */
  readonly parameter: Parameter | undefined;
  readonly clock: TimeSource;
}

/** The keys of one channel, cached. */
export class ChannelKeys {
  readonly #channel: Channel;
  readonly #parameter: Parameter | undefined;
  readonly #clock: TimeSource;
  /** The last value of the parameter, decoded once for each revision. */
  #decoded: { readonly revision: string; readonly keys: SharedKeys } | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #missingAt = Number.NEGATIVE_INFINITY;
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor({ channel, parameter, clock }: ChannelKeysParts) {
    this.#channel = channel;
    this.#parameter = parameter;
    this.#clock = clock;
  }

  /**
   * Reads the channel's keys: cached ones, or the parameter's.
   *
   * @throws CallbackNotConfigured if the parameter does not exist
   * @throws ConfigurationError that lists every problem of its value, and never the value itself
   * @throws ParameterUnavailable
   */
  async read(invocation: Invocation): Promise<SharedKeys> {
    // While SSM is down and the cached value is expired, `Parameter` would read SSM in every call.
    if (this.#decoded && this.#isRecent(this.#readAt)) return this.#decoded.keys;
    const value = await this.#fetch(invocation, false);
    try {
      const keys = this.#decode(value);
      this.#readAt = this.#clock.now();
      return keys;
    } catch (error) {
      // The wrong value may be a cached one that was corrected since.
      const corrected = await this.readChanged(invocation);
      if (corrected) return corrected;
      throw error;
    }
  }

  /**
   * Reads the parameter from SSM again, unless that happened within the last ten seconds.
   *
   * @returns the keys if they changed, otherwise nothing
   * @throws what `read` throws
   */
  async readChanged(invocation: Invocation): Promise<SharedKeys | undefined> {
    if (this.#isRecent(this.#refreshedAt)) return undefined;
    this.#refreshedAt = this.#clock.now();
    const before = this.#decoded?.revision;
    const latest = await this.#fetch(invocation, true);
    return latest.revision === before ? undefined : this.#decode(latest);
  }

  async #fetch(invocation: Invocation, fresh: boolean): Promise<ParameterValue> {
    if (!this.#parameter || this.#isRecent(this.#missingAt)) throw this.#notConfigured();
    try {
      return await this.#parameter.read(invocation, { fresh });
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      this.#missingAt = this.#clock.now();
      throw this.#notConfigured();
    }
  }

  #decode({ value, revision }: ParameterValue): SharedKeys {
    if (this.#decoded?.revision !== revision) {
      this.#decoded = { revision, keys: readSharedKeys(value, this.#parameter?.name) };
    }
    return this.#decoded.keys;
  }

  #isRecent(time: number): boolean {
    return this.#clock.now() < time + SSM_INTERVAL_MS;
  }

  #notConfigured(): CallbackNotConfigured {
    return new CallbackNotConfigured('This callback channel is not set up', {
      channel: this.#channel,
      parameter: this.#parameter?.name,
      advice:
        'Put {"token":"…","encodingAesKey":"…"} into this SecureString to receive these callbacks.',
    });
  }
}
