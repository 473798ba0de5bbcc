import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../harness/freePorts.ts';
import { build, installed, type Server, startServer } from '../relyingParties/processes.ts';
import { cached } from './cache.ts';
import type { LambdaFunction } from './inventory.ts';

/** AWS's emulator of Lambda's Runtime API, which has no releases as a Go module. */
const EMULATOR = 'github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie';
const EMULATOR_VERSION = 'v0.0.0-20261030222936-bef5c4ba774d';
const RUNTIME_CLIENT = 'tests/deployment/runtimeClient';
const INVOKE = '/2015-03-31/functions/function/invocations';

/** @returns why functions cannot be run as Lambda runs them */
export function missingRuntime(): string | undefined {
  const missing = ['go', 'cmake', 'make', 'g++', 'tar', 'unzip'].filter((name) => !installed(name));
  return missing.length > 0 ? `${missing.join(', ')}: not installed` : undefined;
}

interface Runtime {
  readonly emulator: string;
  /** AWS's runtime client for Node.js. */
  readonly client: string;
}

/** Builds both programs. @throws Error if that fails */
export async function installRuntime(): Promise<Runtime> {
  const emulator = await cached(
    'runtime-emulator',
    EMULATOR_VERSION,
    'aws-lambda-rie',
    async (folder) => {
      const environment = { GOBIN: folder, GOFLAGS: '-mod=mod' };
      await build('go', ['install', `${EMULATOR}@${EMULATOR_VERSION}`], { environment });
    },
  );
  const lock = readFileSync(join(RUNTIME_CLIENT, 'package-lock.json'), 'utf8');
  const client = await cached(
    'runtime-client',
    lock,
    'node_modules/aws-lambda-ric/index.mjs',
    buildRuntimeClient,
  );
  return { emulator, client };
}

/**
 * Installs the runtime client and builds its native part, which speaks with the Runtime API. The package
 * builds it by node-gyp with the headers of a whole Node.js. They are not in the npm package `node`, and
 * the source includes three of them without using anything of them: those are empty here.
 */
async function buildRuntimeClient(folder: string): Promise<void> {
  cpSync(RUNTIME_CLIENT, folder, { recursive: true });
  await build('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'aws-lambda-ric');
  await build('sh', ['scripts/preinstall.sh'], { cwd: own });
  const unused = join(folder, 'unused-headers');
  mkdirSync(unused);
  for (const name of ['uv.h', 'v8.h', 'node.h']) writeFileSync(join(unused, name), '');
  const built = join(own, 'deps/artifacts');
  await build('g++', [
    ...['-shared', '-fPIC', '-O2', '-std=c++17', '-pthread'],
    ...['-DNAPI_CPP_EXCEPTIONS', '-DNODE_GYP_MODULE_NAME=rapid-client'],
    ...['-I', unused, '-I', join(modules, 'node-addon-api')],
    ...['-I', join(modules, 'node-api-headers/include'), '-I', join(built, 'include')],
    join(own, 'src/native/rapid-client.cc'),
    join(built, 'lib/libaws-lambda-runtime.a'),
    join(built, 'lib/libcurl.a'),
    ...['-o', join(own, 'rapid-client.node')],
  ]);
}

/** A deployed function in Lambda's runtime: one instance, one event at a time. */
export interface RunningFunction {
  /** @returns what the handler returned. @throws Error with its log if it did not return */
  invoke(event: unknown): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/**
 * Starts a function as it was deployed: its package, handler, variables, memory and timeout.
 *
 * @param environment the variables that Lambda sets besides, such as the role's credentials
 * @param download writes the package's ZIP file
 */
export async function startFunction(
  configuration: LambdaFunction,
  region: string,
  environment: Readonly<Record<string, string>>,
  download: (file: string) => Promise<void>,
): Promise<RunningFunction> {
  const { emulator, client } = await installRuntime();
  const task = mkdtempSync(join(tmpdir(), 'wecom-auth-task-'));
  await download(join(task, 'package.zip'));
  await build('unzip', ['-q', 'package.zip'], { cwd: task });
  const [port, runtimeApiPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const variables = {
    ...configuration.Environment.Variables,
    LAMBDA_TASK_ROOT: task,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_SESSION_TOKEN: 'stand-in',
    AWS_EXECUTION_ENV: `AWS_Lambda_${configuration.Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: configuration.FunctionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.MemorySize),
    AWS_LAMBDA_FUNCTION_TIMEOUT: String(configuration.Timeout),
    ...environment,
  };
  const server: Server = await startServer(
    'env',
    [
      // Nothing of this process's environment.
      ...['-i', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`), emulator],
      ...['--runtime-interface-emulator-address', `127.0.0.1:${port}`],
      ...['--runtime-api-address', `127.0.0.1:${runtimeApiPort}`],
      ...[process.execPath, client, configuration.Handler],
    ],
    { url, cwd: task },
  );
  let last: Promise<unknown> = Promise.resolve();
  const invoke = async (event: unknown) => {
    const response = await fetch(url + INVOKE, { method: 'POST', body: JSON.stringify(event) });
    const result = await response.json().catch(() => undefined);
    if (typeof result !== 'object' || result === null || 'errorMessage' in result) {
      throw new Error(`${configuration.FunctionName} failed:\n${server.log().slice(-2_000)}`);
    }
    return result as Record<string, unknown>;
  };
  return {
    invoke(event) {
      const next = last.then(() => invoke(event));
      last = next.catch(() => undefined);
      return next;
    },
    async close() {
      await server.close();
      rmSync(task, { recursive: true, force: true });
    },
  };
}
