import { commandLine } from './commands/commandLine.ts';

await commandLine(process.argv.slice(2));
