import { systemClock } from '../clock.ts';
import { type Configuration, readConfiguration } from '../configuration.ts';

/*
 * The wiring: what is made of what, all of it in this folder. Each part is made when a request first
 * needs it and then kept for the life of the instance.
 *
 *   file         for                             names                       loads when needed
 *   verify       verify                          tables                      directory, sessions
 *   signIn       authorize, getUserInfo          directory, sessions, tables, wecom
 *   callbacks    callback                        parameters                  pushes
 *   pushes                                       callbacks, directory, tables
 *   sessions     jwks, openidConfiguration       parameters
 *   directory                                    tables, wecom
 *   wecom                                        tables, parameters
 *   tables, parameters                           base
 *
 * There are several files because bundlers split code by file: a function's cold start pays for
 * the files it names. Keep them free of work at import, so that the bundler may drop what a function
 * does not use.
 */

export const clock = systemClock;

/**
 * Makes a thing when it is first asked for, and keeps it. `/* @__PURE__ *\/` before each call of it
 * in this folder lets the bundler drop what a function does not name.
 */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export const configuration = /* @__PURE__ */ once(
  (): Configuration => readConfiguration(process.env),
);
