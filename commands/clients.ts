import { thisProcess } from './administration/command.ts';
import { lookup } from './clients/lookup.ts';
import { run } from './clients/run.ts';

process.exitCode = await run(process.argv.slice(2), { ...thisProcess, lookup });
