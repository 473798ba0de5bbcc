import { readFlags } from './commands/flags.ts';
import { foreground } from './commands/foreground.ts';
import { HELP } from './commands/help.ts';
import { say, UserError } from './commands/language.ts';
import { isCommand, steer } from './commands/steer.ts';

/** `npm run wecom`: starts the emulator or, with a command, controls a running one. */
async function main(args: string[]): Promise<void> {
  const { values: flags, positionals } = readFlags(args, process.env);
  const [command, ...words] = positionals;
  if (flags.help || command === 'help') process.stdout.write(say(HELP));
  else if (isCommand(command)) console.log(await steer(command, words, flags));
  else if (command === undefined) await foreground(flags);
  else {
    throw new UserError({
      en: `There is no command "${command}". See npm run wecom -- help`,
      zh: `没有命令“${command}”。用法：npm run wecom -- help`,
    });
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
