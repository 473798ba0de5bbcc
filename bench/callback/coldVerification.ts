import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { bundle } from '../../tests/harness/bundles/bundle.ts';
import { callbackEvent, seal, verificationQuery } from '../../tests/harness/callbackRequest.ts';
import { type Spread, spreadOf } from '../measure/spread.ts';

export interface ColdResult {
  readonly runs: number;
  /** From the start of the process to its response. */
  readonly wallMs: Spread;
  /** CPU until the handler is loaded, the start of Node included. */
  readonly initCpuMs: Spread;
  /** CPU from then to the response, when a Lambda has its share of a CPU. */
  readonly answerCpuMs: Spread;
  /** The same process with a handler that does nothing, for comparison. */
  readonly emptyWallMs: Spread;
}

const ECHO = '1616140317555161061';

/** Loads the handler and calls it once, as Lambda does. */
const INSTANCE = `
const [, , file, event] = process.argv;
const usedCpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const { handler } = await import(file);
const initCpuMs = usedCpuMs();
const context = { awsRequestId: 'cold', getRemainingTimeInMillis: () => 15000 };
const { statusCode, body } = await handler(JSON.parse(event), context);
process.send({ statusCode, body, initCpuMs, answerCpuMs: usedCpuMs() - initCpuMs });
`;

/** Bundles the function as it is deployed, and measures its first response in `runs` new processes. */
export async function coldVerification(
  environment: Record<string, string>,
  corpId: string,
  runs: number,
): Promise<ColdResult> {
  const directory = mkdtempSync('bench/callback/.bundle-');
  try {
    const file = (await bundle('functions/callback.ts', join(directory, 'bundle'))).file;
    const instance = join(directory, 'instance.mjs');
    const nothing = resolve(directory, 'nothing.mjs');
    writeFileSync(instance, INSTANCE);
    writeFileSync(nothing, "export const handler = async () => ({ statusCode: 200, body: '' });");

    const measured = [];
    const baseline = [];
    const { token, encodingAESKey } = FIXTURE_KEYS.app;
    for (let run = 0; run < runs + 1; run += 1) {
      const sealed = seal({ token, encodingAesKey: encodingAESKey, receiveId: corpId }, ECHO);
      const event = callbackEvent('GET', 'app', verificationQuery(sealed));
      baseline.push(await start(instance, nothing, event, environment));
      const cold = await start(instance, file, event, environment);
      if (cold.body !== ECHO) throw new Error(`answered ${cold.statusCode} ${cold.body}`);
      measured.push(cold);
    }
    // The first of each also reads the files from the disk.
    const spread = (list: Cold[], name: 'wallMs' | 'initCpuMs' | 'answerCpuMs') =>
      spreadOf(list.slice(1).map((each) => each[name]));
    return {
      runs,
      wallMs: spread(measured, 'wallMs'),
      initCpuMs: spread(measured, 'initCpuMs'),
      answerCpuMs: spread(measured, 'answerCpuMs'),
      emptyWallMs: spread(baseline, 'wallMs'),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Cold {
  readonly statusCode: number;
  readonly body: string;
  readonly wallMs: number;
  readonly initCpuMs: number;
  readonly answerCpuMs: number;
}

function start(
  instance: string,
  file: string,
  event: object,
  environment: Record<string, string>,
): Promise<Cold> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [instance, file, JSON.stringify(event)], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('message', (message: Omit<Cold, 'wallMs'>) => {
      resolve({ ...message, wallMs: performance.now() - begin });
      child.disconnect();
      child.kill();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the instance ended with ${code}`)));
  });
}
