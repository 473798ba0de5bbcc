import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Every port of a stack, from its PORT on, as the README and .env.example name them. */
export const STACK_PORTS = [0, 1, 2, 500, 502, 503, 504] as const;

/** A PORT at which a whole stack finds its place, below those that the system gives away itself. */
export async function freeStackPort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 31_000);
    const free = await Promise.all(STACK_PORTS.map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
