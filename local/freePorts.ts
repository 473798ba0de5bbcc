import { createServer } from 'node:net';
import { UserError } from './language.ts';

/**
 * Checks all ports before anything starts, so that a failure leaves nothing running.
 *
 * @throws UserError that lists every port in use, and what to do
 */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    if (!(await isFree(port))) taken.push(`${port} (${name})`);
  }
  if (taken.length === 0) return;
  throw new UserError({
    en: `In use: port ${taken.join(', ')}. Stop the program that uses it, perhaps another npm start, or use another port: PORT=4000 npm start`,
    zh: `端口 ${taken.join('、')} 已被占用。请停止占用它的程序（可能是另一个 npm start），或改用其他端口：PORT=4000 npm start`,
  });
}

/** Whether this machine can listen on the port. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
