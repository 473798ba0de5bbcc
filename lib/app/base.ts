import { type Clock, systemClock } from '../clock.ts';
import { type Configuration, readConfiguration } from '../configuration.ts';
import { createParameter, type FetchParameter, type Parameter } from '../parameters/parameter.ts';

/*
 * The wiring: which part is made of which, all of it in this folder. Each function of functions/ has
 * one entry here that takes its environment; everything else is made when a request first needs it,
 * and kept for the life of the instance. So a wrong configuration is refused in a request, where it
 * reaches our log, and never while a function loads.
 *
 *   function              entry          static imports                      behind import()
 *   authorize             authorize.ts   tables                              –
 *   getUserInfo           signIn.ts      tables, wecom, sessions             SSM; jose
 *   verify                verify.ts      tables                              directory, wecom, SSM;
 *                                                                            sessions, SSM, jose
 *   jssdk                 jssdk.ts       tables, wecom                       SSM
 *   callback              callback.ts    –                                   SSM; pushes: tables, wecom,
 *                                                                            directory, the XML parser
 *   jwks                  discovery.ts   sessions                            SSM
 *   openidConfiguration   discovery.ts   sessions                            –
 *   openid, openidToken   openid.ts      tables, verify, wecom               SSM; directory
 *   signOuts              signOuts.ts    tables, verify, openid              SSM; directory
 *   adminDirectory        of the same    tables, verify, wecom               SSM; directory; sessions, jose
 *   adminPermissions        names        tables, verify, wecom               SSM; directory; sessions, jose
 *   adminClients                         tables, verify                      SSM; directory; sessions, jose
 *   domainProof, notFound
 *
 * personChanges and publishEvents have entries of the same names. On a stage with an event bus, the
 * functions that send events import events.ts in their first request.
 *
 * A cold start pays for each byte that a function imports statically: a part that most requests do not
 * need stays behind an `import()` inside `lazy`. esbuild.plugins.mjs makes the bundles, and
 * tests/harness/bundles/budgets.ts limits their bytes.
 */

/** Makes a value when it is first needed, and keeps it. An error of `make` is not kept. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/**
 * An asynchronous function that is made at its first call, which reads the configuration or loads a
 * module. Calls at the same time share it. An error of `make` is thrown to the caller, and not kept.
 */
export function lazy<Args extends readonly unknown[], Result>(
  make: () => Async<Args, Result> | Promise<Async<Args, Result>>,
): Async<Args, Result> {
  let made: Promise<Async<Args, Result>> | undefined;
  return async (...args) => {
    made ??= (async () => make())();
    const current = made;
    const call = await current.catch((error: unknown) => {
      if (made === current) made = undefined;
      throw error;
    });
    return call(...args);
  };
}

type Async<Args extends readonly unknown[], Result> = (...args: Args) => Promise<Result>;

/** What every entry needs. */
export interface Base {
  readonly clock: Clock;
  /** @throws ConfigurationError that lists every problem of the environment */
  readonly configuration: () => Configuration;
  /** One SSM client for every parameter. */
  readonly parameter: (name: string) => Parameter;
}

export function createBase(environment: NodeJS.ProcessEnv): Base {
  const clock = systemClock;
  // Loaded when a parameter is first needed: a sign-in that finds the token in DynamoDB needs none.
  const fetchParameter: FetchParameter = lazy(async () => {
    const { createSsm, createSsmClient } = await import('../parameters/ssm.ts');
    return createSsm(createSsmClient(clock));
  });
  return {
    clock,
    configuration: once(() => readConfiguration(environment)),
    parameter: (name) => createParameter(name, fetchParameter, clock),
  };
}
