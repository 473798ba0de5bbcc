import { createServer } from 'node:net';
import { UserError } from '../packages/emulator/source/commands/language.ts';

/**
 * Checks all ports before anything starts, so that a failure leaves nothing running.
 *
 * @throws UserError that lists every port in use or forbidden, and what to do
 */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const taken: string[] = [];
  const forbidden: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    const problem = await problemOf(port);
    if (problem !== undefined) (problem === 'EACCES' ? forbidden : taken).push(`${port} (${name})`);
  }
  if (forbidden.length > 0) {
    throw new UserError({
      en: `The system does not let you use port ${forbidden.join(', ')}. Use a port from 1024 on: PORT=4000 npm start`,
      zh: `系统不允许使用端口 ${forbidden.join('、')}。请使用 1024 及以上的端口：PORT=4000 npm start`,
    });
  }
  if (taken.length === 0) return;
  throw new UserError({
    en: `In use: port ${taken.join(', ')}. Stop the program that uses it, perhaps another npm start, or use another port: PORT=4000 npm start`,
    zh: `端口 ${taken.join('、')} 已被占用。请停止占用它的程序（可能是另一个 npm start），或改用其他端口：PORT=4000 npm start`,
  });
}

/** Whether this machine can listen on the port. */
export async function isFree(port: number): Promise<boolean> {
  return (await problemOf(port)) === undefined;
}

/** The code of the error with which the system refuses the port. */
function problemOf(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(code));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(undefined)));
  });
}
