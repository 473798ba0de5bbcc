import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { readBody, startStandIn } from '../standIn.ts';
import { SsmError } from './errors.ts';
import { createFaults, type Faults } from './faults.ts';
import { loadParameters, saveParameters } from './file.ts';
import type { Json } from './input.ts';
import { operations } from './operations.ts';
import { createParameters, type ParameterType } from './parameters.ts';
import { MAX_BODY_BYTES, namesOf, operationOf, parseBody, regionOf } from './request.ts';

/** A request as recorded for tests and developers: the names of parameters, never their values. */
interface SsmCall {
  readonly operation: string;
  readonly names: readonly string[];
  /** The time of arrival, in milliseconds since the epoch. */
  readonly at: number;
  /** `ok`, `down`, or the type of the returned error. */
  readonly outcome: string;
}

export interface Ssm {
  readonly url: string;
  /** The last 1000 requests in order. */
  readonly calls: readonly SsmCall[];
  readonly faults: Faults;
  /**
   * Writes a parameter as PutParameter with Overwrite does.
   *
   * @param type default: the type of the existing parameter, else SecureString
   * @returns its version
   */
  put(name: string, value: string, type?: ParameterType): number;
  close(): Promise<void>;
}

export interface SsmOptions {
  /** Default 0: any free port. */
  port?: number;
  host?: string;
  /** Milliseconds since the epoch. */
  clock?: () => number;
  /** Stores the parameters between runs, readable by this user only; default: in memory. */
  file?: string;
  /** Written if no parameter of that name exists; default `type`: SecureString. */
  parameters?: Readonly<Record<string, { value: string; type?: ParameterType }>>;
}

const MAX_CALLS = 1000;

/**
 * Starts a stand-in for SSM's Parameter Store; `operations` lists what it supports. It writes values to
 * `file` only.
 *
 * @throws an Error with the `code` `EADDRINUSE` if the port is in use
 */
export async function startSsm(options: SsmOptions = {}): Promise<Ssm> {
  const { port = 0, host = '127.0.0.1', clock = Date.now, file } = options;
  const { faults, state } = createFaults();
  const calls: SsmCall[] = [];
  const closing = new AbortController();

  const parameters = createParameters(
    file === undefined ? [] : loadParameters(file),
    clock,
    (all) => {
      if (file !== undefined) saveParameters(file, all);
    },
  );
  const put: Ssm['put'] = (name, value, type) => {
    const existing = parameters
      .all()
      .find((each) => each.name === name)
      ?.versions.at(-1);
    const kind = type ?? existing?.type ?? 'SecureString';
    return parameters.put({ name, value, type: kind, overwrite: true }).version;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = operationOf(request);
    const at = clock();
    const log = (outcome: string, names: readonly string[] = []) => {
      calls.push({ operation, names, at, outcome });
      if (calls.length > MAX_CALLS) calls.shift();
    };
    if (state.isDown) {
      log('down');
      request.socket.resetAndDestroy();
      return;
    }
    const body = await readBody(request, MAX_BODY_BYTES);
    if (state.delayMs > 0) {
      await delay(state.delayMs, undefined, { signal: closing.signal });
    }
    let names: string[] = [];
    try {
      const input = parseBody(request, body);
      names = namesOf(input);
      const fault = state.take(operation);
      if (fault !== undefined) throw fault;
      const known = operations.get(operation);
      if (known === undefined) throw new SsmError('UnknownOperationException');
      const output = known.run(input, { parameters, region: regionOf(request) });
      log('ok', names);
      send(response, 200, output);
    } catch (error) {
      const known =
        error instanceof SsmError ? error : new SsmError('InternalServerError', '', 500);
      log(known.type, names);
      const message = known.message === '' ? undefined : known.message;
      send(response, known.status, { __type: known.type, message });
    }
  };

  for (const [name, { value, type }] of Object.entries(options.parameters ?? {})) {
    if (!parameters.all().some((each) => each.name === name)) put(name, value, type);
  }
  const server = await startStandIn(answer, { port, host });

  let closed: Promise<void> | undefined;
  const close = () => {
    closing.abort();
    return server.close();
  };
  return {
    url: server.url,
    calls,
    faults,
    put,
    close() {
      closed ??= close();
      return closed;
    },
  };
}

function send(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': randomUUID(),
  });
  response.end(JSON.stringify(body));
}
