import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const TIMEOUT_MS = 30_000;

/**
 * Runs one of the project's commands in its own process, against the stack that is starting.
 *
 * @throws Error with the command's output
 */
export async function runCommand(
  command: string,
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [`commands/${command}.ts`, ...parameters], {
      env: environment,
      timeout: TIMEOUT_MS,
    });
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    throw new Error(`npm run ${command} -- ${parameters.join(' ')} failed:\n${stdout}${stderr}`);
  }
}
