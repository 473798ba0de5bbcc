import { createServer } from 'node:net';

/**
 * Checks all ports before anything starts, so that a failure leaves nothing running.
 *
 * @throws Error that lists every port in use, and what to do
 */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    if (!(await isFree(port))) taken.push(`${port} (${name})`);
  }
  if (taken.length === 0) return;
  throw new Error(
    `Port ${taken.join(', ')} is in use. Stop the other stack, or use another port: PORT=4000 npm start`,
  );
}

/** Whether this machine can listen on the port. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
