import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort } from '../harness/freePorts.ts';
import { build, installed, type Server, startServer } from '../relyingParties/processes.ts';
import { CACHE, cached } from './cache.ts';
import type { Inventory } from './inventory.ts';

const FOLDER = 'tests/deployment';
const REQUIREMENTS = `${FOLDER}/requirements.txt`;

/** An AWS account of moto. */
export interface Moto {
  readonly url: string;
  /** The environment of whatever shall use this account. */
  readonly environment: Record<string, string>;
  /** What is there in a region, read by boto3. @param stack is described if it exists */
  inventory(region: string, stack: string): Promise<Inventory>;
  /** Writes an object of S3 to a file. */
  download(region: string, bucket: string, key: string, file: string): Promise<void>;
  /** What the stand-in did because moto lacks it. */
  added(): Added[];
  close(): Promise<void>;
}

export interface Added {
  readonly kind: string;
  readonly what: string;
}

/** @returns why moto cannot be run here */
export function missingMoto(): string | undefined {
  return installed('python3') ? undefined : 'python3 is not installed';
}

/** @returns moto's version. @throws Error if it cannot be installed */
export async function installMoto(): Promise<string> {
  await python();
  const [, version = ''] = /^moto==(.*)$/m.exec(readFileSync(REQUIREMENTS, 'utf8')) ?? [];
  return version;
}

function python(): Promise<string> {
  return cached('moto', readFileSync(REQUIREMENTS, 'utf8'), 'bin/python', async (folder) => {
    await build('python3', ['-m', 'venv', folder]);
    await build(join(folder, 'bin/pip'), ['install', '--quiet', '--requirement', REQUIREMENTS]);
  });
}

/** Starts an empty account. */
export async function startMoto(): Promise<Moto> {
  const program = await python();
  const url = `http://127.0.0.1:${await freePort()}`;
  const report = resolve(CACHE, `added-${process.pid}.jsonl`);
  mkdirSync(CACHE, { recursive: true });
  rmSync(report, { force: true });
  const environment = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'stand-in',
    AWS_SECRET_ACCESS_KEY: 'stand-in',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const server: Server = await startServer(
    program,
    [`${FOLDER}/standIn.py`, new URL(url).port, report],
    { url: `${url}/moto-api/`, environment },
  );
  return {
    url,
    environment,
    async inventory(region, stack) {
      const args = [`${FOLDER}/inventory.py`, url, region, stack];
      return JSON.parse(await build(program, args, { environment }));
    },
    async download(region, bucket, key, file) {
      const args = [`${FOLDER}/download.py`, url, region, bucket, key, file];
      await build(program, args, { environment });
    },
    added() {
      if (!existsSync(report)) return [];
      const lines = readFileSync(report, 'utf8').trimEnd().split('\n');
      return lines.map((line) => JSON.parse(line));
    },
    async close() {
      await server.close();
      rmSync(report, { force: true });
    },
  };
}
