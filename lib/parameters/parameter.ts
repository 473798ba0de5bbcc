import type { Clock } from '../clock.ts';
import { ParameterUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';

/** A value from SSM Parameter Store at one moment. */
export interface ParameterValue {
  readonly value: string;
  /**
   * Which writing of the parameter this is: a later one sorts after an earlier one, also when the
   * parameter was deleted and made again. Says nothing about the value.
   */
  readonly revision: string;
}

/** Reads one parameter by its name. @throws ParameterUnavailable */
export type FetchParameter = (name: string) => Promise<ParameterValue>;

/** One parameter, remembered. */
export interface Parameter {
  readonly name: string;
  /**
   * The value, at most five minutes old; at most as old as this call with `fresh`.
   * While SSM does not answer, the last value serves, however old.
   *
   * @throws ParameterUnavailable when it was never read
   */
  read(invocation: Invocation, options?: { fresh?: boolean }): Promise<ParameterValue>;
}

/** For how long an instance goes on with the value that it read, in milliseconds. */
export const REMEMBERED = 300_000;

export function createParameter(name: string, fetch: FetchParameter, clock: Clock): Parameter {
  let last: { value: ParameterValue; at: number } | undefined;
  return {
    name,
    async read(invocation, { fresh = false } = {}) {
      if (last && !fresh && clock.now() < last.at + REMEMBERED) return last.value;
      try {
        last = { value: await fetch(name), at: clock.now() };
      } catch (error) {
        if (!(last && error instanceof ParameterUnavailable)) throw error;
        invocation.log.warn('SSM did not answer: the remembered value serves', {
          ...error.details,
        });
      }
      return last.value;
    },
  };
}
