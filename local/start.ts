import { appendFileSync, chmodSync, mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCommand } from './command.ts';
import { requireFreePorts } from './freePorts.ts';
import { logReader } from './functionLog.ts';
import { startOfflineGateway } from './gateway.ts';
import { startFront } from './page/server.ts';
import { whenParentEnds } from './parentEnd.ts';
import { startServices } from './services.ts';
import { DEFAULT_PORT, listedOrigins, readSettings, type Settings } from './settings.ts';
import { terminal } from './terminal.ts';
import { DEMONSTRATION_CLIENT, welcome } from './welcome.ts';

const HELP = `Usage: npm start [-- --fresh]

Runs the whole stack on this machine.

  --fresh  start with empty tables and parameters

Environment variables, also read from .env:
  PORT     the port of the API and the page. Default: ${DEFAULT_PORT}
  WECOM_CORP_ID, WECOM_AGENT_ID, WECOM_APP_SECRET
           an app in the real WeCom, which then replaces the emulator`;

/** Grants for the emulated company. */
const DEMONSTRATION = 'local/demonstration.csv';

/** The exit code of `npm run clients -- add` if the client exists. */
const CLIENT_EXISTS = 5;

/** Stopped in reverse order. */
const started: { close(): Promise<void> }[] = [];

/** Resolves with a reason if the stack ends by itself. */
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

  // Companies must not share data, and two stacks must not share a file.
  const directory = `.local/${ports.public}/${settings.realWecom?.corpId ?? 'emulator'}`;
  if (values.fresh) rmSync(directory, { recursive: true, force: true });
  // The folder holds access tokens, parameters and the functions' log, so only this user may read it:
  // also files of child processes, and those of earlier versions.
  process.umask(0o077);
  mkdirSync(directory, { recursive: true });
  chmodSync('.local', 0o700);
  const logFile = `${directory}/functions.log`;

  terminal.note('Starting …');
  const { environment, isNew } = await startServices(settings, directory, started);
  // Only into new tables, so that a restart keeps the developer's changes.
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
    // No events: the function that takes them does not run yet.
    demonstration &&
      runCommand('permissions', ['import', DEMONSTRATION, '--yes'], {
        ...environment,
        EVENT_BUS: '',
      }),
    !settings.realWecom &&
      runCommand('clients', demonstrationClient(ports), environment, CLIENT_EXISTS),
  ]);
  started.push(gateway);
  started.push(
    await startFront({
      port: ports.public,
      origins,
      gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
      emulatorUrl: settings.realWecom ? undefined : `http://127.0.0.1:${ports.wecom}`,
      openidClient: settings.realWecom ? undefined : DEMONSTRATION_CLIENT,
      onFailed: (problem) => {
        terminal.problem(`  A function failed to run: ${problem}`);
        // serverless-esbuild does not print its own error.
        if (problem.includes('Cannot find module')) {
          terminal.problem('    → Run npm run types. If it reports no error, restart: npm start');
        }
      },
    }),
  );
  welcome(settings, logFile);
  return gateway.ended;
}

/** A client of the OpenID provider that returns to the demonstration page. */
function demonstrationClient({ public: port }: Settings['ports']): string[] {
  const page = `http://localhost:${port}/`;
  const name = ['--name', '演示应用 Demo', '--public'];
  const addresses = ['--redirect-uri', page, '--post-logout-redirect-uri', page];
  return ['add', DEMONSTRATION_CLIENT, ...name, ...addresses];
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
// npm starts this process through a shell, which ends with npm and passes no signal on.
if (process.env['npm_lifecycle_event']) whenParentEnds(() => void stop(0));

try {
  terminal.problem(await start());
  await stop(1);
} catch (error) {
  terminal.problem(error instanceof Error ? error.message : String(error));
  await stop(1);
}
