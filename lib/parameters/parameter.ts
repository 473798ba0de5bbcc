import type { TimeSource } from '../clock.ts';
import { ParameterUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';

/** A value from SSM Parameter Store at one moment. */
export interface ParameterValue {
  readonly value: string;
  /**
   * Identifies the write of this value. Later writes sort after earlier ones, even if the parameter was
   * deleted and created again. It reveals nothing about the value.
   */
  readonly revision: string;
}

/**
 * Reads one parameter from SSM.
 *
 * @throws ParameterUnavailable if SSM does not answer, refuses, or answers without value or version
 * @throws ConfigurationError if the parameter is missing or empty, or the client cannot send anything
 */
export type FetchParameter = (name: string) => Promise<ParameterValue>;

/** One parameter, cached. */
export interface Parameter {
  readonly name: string;
  /**
   * Returns the value, at most five minutes old. With `fresh` it is read from SSM now. While SSM does
   * not answer, the last value is used, whatever its age.
   *
   * @throws ParameterUnavailable if there is no earlier value
   * @throws ConfigurationError like FetchParameter, also if there is an earlier value
   */
  read(invocation: Invocation, options?: { fresh?: boolean }): Promise<ParameterValue>;
}

/** How long an instance uses a value before it reads SSM again. */
export const PARAMETER_TTL_MS = 300_000;

/** One parameter, cached in the memory of this instance. */
export function createParameter(name: string, fetch: FetchParameter, clock: TimeSource): Parameter {
  let last: { value: ParameterValue; at: number } | undefined;
  return {
    name,
    async read(invocation, { fresh = false } = {}) {
      if (last && !fresh && clock.now() < last.at + PARAMETER_TTL_MS) return last.value;
      try {
        last = { value: await fetch(name), at: clock.now() };
      } catch (error) {
        if (!(last && error instanceof ParameterUnavailable)) throw error;
        invocation.log.warn('SSM did not answer: using the last value', {
          ...error.details,
        });
      }
      return last.value;
    },
  };
}
