import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { missingProgram } from '../relyingParties/processes.ts';

const HOSTS = [
  'localhost',
  'qyapi.weixin.qq.com',
  'open.weixin.qq.com',
  'login.work.weixin.qq.com',
  'open.work.weixin.qq.com',
];
/** A network, a hosts file and a user that is root in them, but not outside. */
const NAMESPACES = ['--map-root-user', '--net', '--mount'];
const ENTER = 'mount --bind "$0" /etc/hosts && ip link set lo up && exec "$@"';

/** @returns why a program cannot have a network of its own here; undefined if it can */
export function missingNamespaces(): string | undefined {
  const missing = missingProgram('unshare') ?? missingProgram('ip');
  if (missing) return missing;
  try {
    execFileSync('unshare', [...NAMESPACES, 'true'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'unshare is not permitted here. It needs Linux with user namespaces.';
  }
}

/**
 * Runs a program that sees this machine alone, with WeCom's hosts on it and port 443 free. The clients
 * need no change and no setting of their own, and nothing that they send leaves the machine.
 *
 * @param hostsFile where the program's /etc/hosts is written
 * @returns the exit code
 */
export async function runAlone(
  hostsFile: string,
  command: string,
  parameters: readonly string[],
): Promise<number | null> {
  writeFileSync(hostsFile, `127.0.0.1 ${HOSTS.join(' ')}\n`);
  const enter = [...NAMESPACES, 'sh', '-c', ENTER, hostsFile, command, ...parameters];
  const child = spawn('unshare', enter, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'close');
  return code;
}
