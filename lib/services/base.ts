import { systemClock } from '../clock.ts';
import { type Configuration, readConfiguration } from '../configuration.ts';
import { createSsm } from '../parameters/ssm.ts';

/*
 * The wiring: what is made of what, all of it in this folder. Each part is made when a request first
 * needs it and then kept for the life of the instance.
 *
 *   base ◄─ tables ◄─ directory ◄─ signIn     authorize, getUserInfo
 *    ▲         ▲          ▲ └─ ─ ─ ─ ┐
 *    │         └──────── verify ◄────┼─────    verify
 *    │                      └─ ─ ─ ┐ │
 *    ├─ sessions ◄─ ─ ─ ─ ─ ─ ─ ─ ─┘ │         jwks, openidConfiguration (and signIn)
 *    └─ callbacks ◄─ pushes ─────────┘         callback
 *
 * There are several files because bundlers split code by file: a function's cold start pays for
 * the files it names, and ─ ─ is loaded only by the requests that need it. Keep them free of work
 * at import, so that the bundler may drop what a function does not use.
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
