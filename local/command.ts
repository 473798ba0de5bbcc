import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const TIMEOUT_MS = 30_000;

/**
 * Runs one of the project's commands in its own process, against the stack that is starting.
 *
 * @param alsoDone an exit code that counts as success beside 0
 * @throws Error with the command's output
 */
export async function runCommand(
  command: string,
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
  alsoDone = 0,
): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [`commands/${command}.ts`, ...parameters], {
      env: environment,
      timeout: TIMEOUT_MS,
    });
  } catch (error) {
    const { stderr = '', stdout = '', code } = error as Failure;
    if (code === alsoDone) return;
    throw new Error(`npm run ${command} -- ${parameters.join(' ')} failed:\n${stdout}${stderr}`);
  }
}

interface Failure {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: unknown;
}
