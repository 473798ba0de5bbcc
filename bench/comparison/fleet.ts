import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Server, startServer } from '../../tests/relyingParties/processes.ts';
import { trustedByJava } from '../../tests/wecomClients/trustedByJava.ts';
import type { Emulator } from './emulator.ts';
import type { Plan, PlannedBackEnd } from './plan.ts';
import { nextPort } from './port.ts';
import { cpuMsOf, peakMegabytesOf } from './usage.ts';

/** Where a front end of this project begins and ends a sign-in. */
export const REDIRECT_URI = 'https://localhost:3000/';

/** For the start of DynamoDB and SSM. */
const AWS_TIMEOUT_MS = 60_000;

/** Instances of one back end, each a process. */
export interface Fleet {
  readonly urls: readonly string[];
  /** CPU of all instances since their start. */
  cpuMs(): number;
  /** The sum of the peaks of their resident memory. */
  peakMegabytes(): number;
  /** Corrects the secret where the back end reads it: SSM, the file, or the environment of the next start. */
  setSecret(secret: string): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** @param secret the app's, as the back end is configured */
export async function startFleet(
  { directory, authority }: Plan,
  backEnd: PlannedBackEnd,
  emulator: Emulator,
  instances: number,
  secret = emulator.secret,
): Promise<Fleet> {
  const aws = backEnd.needsAws ? await forkAws(secret) : undefined;
  const secretFile = join(mkdtempSync(join(directory, 'secret-')), 'secret');
  writeFileSync(secretFile, secret);
  const environment: NodeJS.ProcessEnv = {
    ...aws?.environment,
    REDIRECT_URIS: REDIRECT_URI,
    WECOM_CORP_ID: emulator.corpid,
    WECOM_AGENT_ID: emulator.agentid,
    WECOM_API_BASE_URL: 'https://qyapi.weixin.qq.com',
    WECOM_APP_SECRET: secret,
    SECRET_FILE: secretFile,
    NODE_EXTRA_CA_CERTS: join(authority, 'ca.pem'),
    JAVA_TOOL_OPTIONS: trustedByJava(authority),
  };
  const ports = Array.from({ length: instances }, nextPort);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const { command, parameters, directory: cwd } = backEnd;
  let servers: Server[] = [];
  const stop = () => Promise.all(servers.map((server) => server.close()));
  const start = async () => {
    const starts = await Promise.allSettled(
      ports.map((port, at) =>
        startServer(command, parameters, {
          url: urls[at] ?? '',
          cwd,
          environment: { ...environment, PORT: String(port) },
        }),
      ),
    );
    servers = starts.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failure = starts.find((each) => each.status === 'rejected');
    if (failure === undefined) return;
    await close();
    throw failure.reason;
  };
  const close = async () => {
    await stop();
    if (aws) await end(aws.process);
  };
  await start();
  const sum = (of: (server: Server) => number) =>
    servers.reduce((total, server) => total + of(server), 0);
  return {
    urls,
    cpuMs: () => sum(({ pid }) => cpuMsOf(pid)),
    peakMegabytes: () => sum(({ pid }) => peakMegabytesOf(pid)),
    async setSecret(corrected) {
      environment['WECOM_APP_SECRET'] = corrected;
      writeFileSync(secretFile, corrected);
      aws?.process.send(corrected);
      if (aws) await messageOf(aws.process);
    },
    async restart() {
      await stop();
      await start();
    },
    close,
  };
}

async function forkAws(secret: string) {
  const child = fork(resolve(import.meta.dirname, 'awsStandIns.ts'), [secret]);
  return { process: child, environment: (await messageOf(child)) as Record<string, string> };
}

async function messageOf(child: ChildProcess): Promise<unknown> {
  const [message] = await once(child, 'message', { signal: AbortSignal.timeout(AWS_TIMEOUT_MS) });
  return message;
}

async function end(child: ChildProcess): Promise<void> {
  if (!child.connected) return;
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}
