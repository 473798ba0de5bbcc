import { appendFileSync, chmodSync, mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCommand } from './command.ts';
import { requireFreePorts } from './freePorts.ts';
import { logReader } from './functionLog.ts';
import { startOfflineGateway } from './gateway.ts';
import { startFront } from './page/server.ts';
import { whenParentEnds } from './parentEnd.ts';
import { startServices } from './services.ts';
import { listedOrigins, readSettings } from './settings.ts';
import { terminal } from './terminal.ts';
import { welcome } from './welcome.ts';

const HELP = `npm start            the whole stack on this machine
npm start -- --fresh  the same, with empty tables and parameters

PORT moves it. With WECOM_CORP_ID, WECOM_AGENT_ID and WECOM_APP_SECRET set (environment or .env)
it signs in against the real WeCom, and the emulator is not started.`;

/** Grants for the emulated company, so that there is something to ask about. */
const DEMONSTRATION = 'local/demonstration.csv';

/** Stopped in the reverse order in which they were started. */
const started: { close(): Promise<void> }[] = [];

/** @returns why the stack has ended, if it ever does by itself */
async function start(): Promise<string> {
  const { values } = parseArgs({
    options: { fresh: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    terminal.text(HELP);
    process.exit(0);
  }
  const settings = readSettings();
  const { ports } = settings;
  await requireFreePorts({ ...ports });

  // What one company left behind must not serve another, and two stacks must not share a file.
  const directory = `.local/${ports.public}/${settings.realWecom?.corpId ?? 'emulator'}`;
  if (values.fresh) rmSync(directory, { recursive: true, force: true });
  // It holds access tokens, parameters and the functions' log: for this user alone, also what the
  // child processes write, and what an earlier version left.
  process.umask(0o077);
  mkdirSync(directory, { recursive: true });
  chmodSync('.local', 0o700);
  const logFile = `${directory}/functions.log`;

  terminal.note('Starting …');
  const { environment, isNew } = await startServices(settings, directory, started);
  // Only into new tables: what somebody changed since is theirs.
  const demonstration = isNew && !settings.realWecom;
  const readableLogLine = logReader();
  const origins = listedOrigins(environment);
  const [gateway] = await Promise.all([
    startOfflineGateway({
      port: ports.gateway,
      lambdaPort: ports.lambda,
      origins,
      environment: { ...environment, ESBUILD_WORK_FOLDER: `${directory}/esbuild` },
      onLine: (line) => {
        const readable = readableLogLine(line);
        if (readable === undefined) return;
        appendFileSync(logFile, `${line}\n`);
        terminal.text(readable);
      },
    }),
    runCommand('keys', ['create'], environment),
    demonstration && runCommand('permissions', ['import', DEMONSTRATION, '--yes'], environment),
  ]);
  started.push(gateway);
  started.push(
    await startFront({
      port: ports.public,
      origins,
      gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
      emulatorUrl: settings.realWecom ? undefined : `http://127.0.0.1:${ports.wecom}`,
      onFailed: (problem) => {
        terminal.problem(`  A function could not be run: ${problem}`);
        // serverless-esbuild keeps to itself why there is none.
        if (problem.includes('Cannot find module')) {
          terminal.problem('    → If npm run types finds no mistake, start again: npm start');
        }
      },
    }),
  );
  welcome(settings, logFile);
  return gateway.ended;
}

let stopping: Promise<never> | undefined;

function stop(exitCode: number): Promise<never> {
  stopping ??= (async () => {
    for (const part of started.reverse()) await part.close().catch(() => undefined);
    process.exit(exitCode);
  })();
  return stopping;
}

process.once('SIGINT', () => {
  terminal.note('Stopping …');
  void stop(0);
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.once(signal, () => void stop(0));
// Between npm and us is a shell, which goes when npm is told to, and tells us nothing.
if (process.env['npm_lifecycle_event']) whenParentEnds(() => void stop(0));

try {
  terminal.problem(await start());
  await stop(1);
} catch (error) {
  terminal.problem(error instanceof Error ? error.message : String(error));
  await stop(1);
}
