import { thisProcess } from './administration/command.ts';
import { run } from './why/run.ts';

process.exitCode = await run(process.argv.slice(2), thisProcess);
