import { readFlags } from './flags.ts';
import { foreground } from './foreground.ts';
import { HELP } from './help.ts';
import { say, UserError } from './language.ts';
import { PROGRAM } from './program.ts';
import { isCommand, steer } from './steer.ts';

/**
 * Starts the emulator or, with a command, controls a running one. Prints an error and sets the exit code.
 *
 * @param args the command line without Node and script
 */
export async function commandLine(args: string[]): Promise<void> {
  try {
    await run(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

async function run(args: string[]): Promise<void> {
  const { values: flags, positionals } = readFlags(args, process.env);
  const [command, ...words] = positionals;
  if (flags.help || command === 'help') process.stdout.write(say(HELP));
  else if (isCommand(command)) console.log(await steer(command, words, flags));
  else if (command === undefined) await foreground(flags);
  else {
    throw new UserError({
      en: `There is no command "${command}". See ${PROGRAM} help`,
      zh: `没有命令“${command}”。用法：${PROGRAM} help`,
    });
  }
}
