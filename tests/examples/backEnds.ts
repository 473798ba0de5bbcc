import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, missingProgram, type Server, startServer } from '../relyingParties/processes.ts';

/** An example of a back end in `docs/examples/`. */
export interface BackEnd {
  /** Its folder. */
  readonly name: string;
  /** It also has the two classic routes. */
  readonly hasClassicRoutes?: true;
  /** @returns why this machine cannot run it; undefined if it can */
  missing(): string | undefined;
  /** Installs and builds it. @param directory its own, kept for later runs */
  prepare(directory: string): Promise<void>;
  /** @returns the command that starts it, as its README says */
  command(directory: string): readonly [program: string, ...parameters: string[]];
}

const sources = (name: string) => resolve('docs/examples', name);

const pythonOf = (directory: string) => join(directory, 'bin', 'python');

export const BACK_ENDS: readonly BackEnd[] = [
  {
    name: 'node',
    missing: () => undefined,
    // It finds its packages in the node_modules of the repository.
    prepare: async () => {},
    command: () => [process.execPath, join(sources('node'), 'server.mjs')],
  },
  {
    name: 'python',
    hasClassicRoutes: true,
    missing: () =>
      missingProgram('python3') ??
      // Debian has it in the package python3-venv.
      (spawnSync('python3', ['-c', 'import ensurepip']).status === 0
        ? undefined
        : 'python3 cannot make a virtual environment'),
    async prepare(directory) {
      await build('python3', ['-m', 'venv', directory]);
      const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
      const requirements = join(sources('python'), 'requirements.txt');
      await build(pythonOf(directory), [...install, '--requirement', requirements]);
    },
    command: (directory) => [pythonOf(directory), join(sources('python'), 'app.py')],
  },
  {
    name: 'go',
    missing: () => missingProgram('go'),
    async prepare(directory) {
      await build('go', ['build', '-o', directory, '.'], { cwd: sources('go') });
    },
    command: (directory) => [join(directory, 'back-end')],
  },
  {
    name: 'java',
    missing: () => missingProgram('java') ?? missingProgram('mvn'),
    async prepare(directory) {
      // Maven builds beside the sources.
      cpSync(sources('java'), directory, { recursive: true });
      await build('mvn', ['--batch-mode', '--quiet', 'package'], { cwd: directory });
    },
    command: (directory) => ['java', '-jar', join(directory, 'target/back-end-1.jar')],
  },
];

/**
 * Builds an example in its own folder, which is kept.
 *
 * @returns starts it in front of a sign-in API, on a port of this machine
 */
export async function prepare(backEnd: BackEnd) {
  const directory = resolve('artifacts/examples', backEnd.name);
  mkdirSync(directory, { recursive: true });
  await backEnd.prepare(directory);
  return (apiUrl: string, port: number): Promise<Server> => {
    const [program, ...parameters] = backEnd.command(directory);
    return startServer(program, parameters, {
      url: `http://127.0.0.1:${port}/`,
      environment: {
        WECOM_AUTH_URL: apiUrl,
        PORT: String(port),
        PYTHONDONTWRITEBYTECODE: '1',
      },
    });
  };
}
