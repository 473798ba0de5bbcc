import { lookup } from '../lib/administration/lookup.ts';
import { thisProcess } from './administration/command.ts';
import { run } from './clients/run.ts';

process.exitCode = await run(process.argv.slice(2), { ...thisProcess, lookup });
