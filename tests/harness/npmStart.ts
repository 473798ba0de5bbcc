import { type ChildProcess, spawn } from 'node:child_process';

/** `npm start` as a newcomer runs it, on ports of its own. */
export function npmStart(port: number, variables: NodeJS.ProcessEnv = {}) {
  const { WECOM_CORP_ID: _corp, WECOM_AGENT_ID: _agent, ...environment } = process.env;
  const child = spawn('npm', ['start'], {
    env: { ...environment, LC_ALL: 'C', NO_COLOR: '1', PORT: String(port), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, as a terminal gives it: Ctrl-C goes to all of it.
    detached: true,
  });
  const printed: string[] = [];
  child.stdout.on('data', (chunk) => printed.push(String(chunk)));
  child.stderr.on('data', (chunk) => printed.push(String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const toGroup = (signal: NodeJS.Signals) => process.kill(-(child.pid ?? 0), signal);
  const pressCtrlC = () => toGroup('SIGINT');
  const closeTerminal = () => toGroup('SIGHUP');
  const killNpm = () => child.kill('SIGTERM');
  const killAll = () => toGroup('SIGKILL');
  return { child, printed, ended, pressCtrlC, closeTerminal, killNpm, killAll };
}

/** Resolves when the stack runs, and rejects with what it printed if it ends before. */
export function ready(printed: readonly string[], child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (/Ctrl-C (stops everything|停止全部服务)/.test(printed.join(''))) resolve();
    };
    child.stdout?.on('data', look);
    child.once('exit', () => reject(new Error(printed.join(''))));
  });
}
