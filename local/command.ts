import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs one of the project's own commands, as a person would, on the stack that is starting.
 *
 * @throws Error with what the command printed
 */
export async function runCommand(
  command: string,
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [`commands/${command}.ts`, ...parameters], {
      env: environment,
      timeout: 30_000,
    });
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    throw new Error(`npm run ${command} -- ${parameters.join(' ')} failed:\n${stdout}${stderr}`);
  }
}
