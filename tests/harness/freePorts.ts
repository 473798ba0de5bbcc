import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { isFree } from '../../local/freePorts.ts';
import { listen } from './listen.ts';

/** @returns a free port of this machine */
export async function freePort(): Promise<number> {
  const { url, close } = await listen(createServer());
  await close();
  return Number(new URL(url).port);
}

/** The ports of a stack relative to PORT, as in the README and .env.example. */
export const STACK_PORTS = [0, 1, 2, 500, 502, 503, 504, 505, 506] as const;

/** @returns a PORT with all ports of a stack free, below the system's ephemeral ports */
export async function freeStackPort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 31_000);
    const free = await Promise.all(STACK_PORTS.map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}
