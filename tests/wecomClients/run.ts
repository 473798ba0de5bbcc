import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { installPackage } from '../harness/publishedPackage.ts';
import { CLIENTS, type Client, prepare, versionOf } from './clients.ts';
import type { Plan, PlannedClient, Results } from './inside.ts';
import { missingNamespaces, runAlone } from './network.ts';
import { type Row, rowOf, type Text, tables, writeTables } from './table.ts';

const HELP = `Usage: npm run wecom-clients -- [--write] [--json <file>] [<word> …]

Installs WeCom clients of other people from their registries, unchanged, and tries their calls against
the emulator's package. Prints a table; --write writes it into the READMEs of the emulator as well.
--json writes the rows into a file.
A word selects the clients with it in their name. Without one, all are tried:

${CLIENTS.map((client) => `  ${client.name} ${versionOf(client)}`).join('\n')}

Versions are pinned in tests/wecomClients/. Installed clients are kept in .local/wecom-clients/. The
emulator and the clients run in a network namespace of their own, where WeCom's hosts are this machine:
they need Linux with unshare. A client that this machine cannot run is skipped. The exit code is 1 if a
call fails for another reason than a known fault of the client, or if a known fault is gone.`;

const { values, positionals } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    write: { type: 'boolean' },
    json: { type: 'string' },
  },
  allowPositionals: true,
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const words = positionals.map((word) => word.toLowerCase());
const chosen = CLIENTS.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word)),
);
if (chosen.length === 0 || (values.write && words.length > 0)) {
  console.error(HELP);
  process.exit(2);
}
const unable = missingNamespaces();
if (unable) {
  const missing = missingText(unable);
  writeJson(chosen.map((client) => rowOf(client, versionOf(client), undefined, missing)));
  console.log(`0 passed, 0 failed, ${chosen.length} skipped: ${unable}`);
  process.exit(0);
}

const directory = mkdtempSync(join(tmpdir(), 'wecom-clients-'));
const skipped = new Map<string, Text>();
const notInstalled = new Map<string, string>();
let results: Results;
try {
  const clients: PlannedClient[] = [];
  for (const client of chosen) {
    const missing = client.kit.missing();
    if (missing) {
      skipped.set(client.name, missingText(missing));
      continue;
    }
    try {
      clients.push(await planOf(client));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      notInstalled.set(client.name, `${client.name}: ${reason}`);
    }
  }
  results = await tryAll(clients);
} finally {
  rmSync(directory, { recursive: true });
}

const rows: Row[] = chosen.map((client) => {
  const { name } = client;
  const row = rowOf(client, versionOf(client), results[name], skipped.get(name));
  const problem = notInstalled.get(name);
  return problem === undefined ? row : { ...row, problems: [...row.problems, problem] };
});
writeJson(rows);
console.log(tables(rows).en);
for (const { problems } of rows) for (const problem of problems) console.log(problem);
const count = (state: string) =>
  rows.flatMap(({ cells }) => Object.values(cells)).filter((cell) => cell.state === state).length;
const problems = rows.flatMap((row) => row.problems).length;
console.log(`${count('works')} passed, ${problems} failed, ${skipped.size} skipped`);
if (values.write) {
  if (problems > 0) console.log('The READMEs are not changed, because calls failed.');
  else writeTables(rows, new Date());
}
process.exitCode = problems > 0 ? 1 : 0;

function missingText(missing: string): Text {
  return { en: `${missing}.`, zh: `本机不具备运行条件：${missing}。` };
}

function writeJson(rows: readonly Row[]): void {
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(rows));
}

/** Installs a client. @returns how to start it. @throws Error if it cannot be installed */
async function planOf(client: Client): Promise<PlannedClient> {
  console.error(`${client.name}: installing …`);
  const at = await prepare(client.kit);
  const { name, refreshedBy } = client;
  const driver = { directory: at, ...client.driver(at) };
  return { name, driver, ...(refreshedBy && { refreshedBy }) };
}

async function tryAll(clients: readonly PlannedClient[]): Promise<Results> {
  if (clients.length === 0) return {};
  const { folder } = await installPackage('emulator', directory);
  const file = (name: string) => join(directory, name);
  const plan: Plan = { emulator: folder, authority: file('ca'), clients, results: file('results') };
  writeFileSync(file('plan'), JSON.stringify(plan));
  const inside = resolve(import.meta.dirname, 'inside.ts');
  const code = await runAlone(file('hosts'), process.execPath, [inside, file('plan')]);
  if (code !== 0) throw new Error(`the trial ended with ${code}`);
  return JSON.parse(readFileSync(file('results'), 'utf8')) as Results;
}
