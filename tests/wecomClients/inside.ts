import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBin } from '../harness/emulatorPackage.ts';
import { CALLS, type CallName, type Cell, tryCall } from './calls.ts';
import { type DriverProgram, startDriver } from './driver.ts';
import { trustedByJava } from './trustedByJava.ts';
import { openWorld } from './world.ts';

/** What `run.ts` leaves for this program, which runs in a network of its own. */
export interface Plan {
  /** Where the emulator's package is installed. */
  readonly emulator: string;
  /** Where its certificate authority is created. */
  readonly authority: string;
  readonly clients: readonly PlannedClient[];
  /** The file for the cells, by the names of clients and calls. */
  readonly results: string;
}

export interface PlannedClient {
  readonly name: string;
  readonly refreshedBy?: CallName;
  readonly driver: DriverProgram;
}

export type Results = Record<string, Partial<Record<CallName, Cell>>>;

/** Of the emulator's own company. They open nothing else. */
const SECRETS = {
  corpid: 'ww0a1b2c3d4e5f6a7b',
  agentid: 1000002,
  secret: 'EmulatorOnly-MainApp-Secret-000000000000001',
  callbackToken: 'EmulatedAppToken',
  // Not canonical base64, as most real keys are not: a strict decoder refuses it.
  callbackKey: 'EmulatedKeyOfTheAppItOpensNothingElse012347',
};

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Plan;
const ca = join(plan.authority, 'ca.pem');
const flags = ['--https', '--ca-folder', plan.authority, '--set', 'verificationTimeoutMs=30000'];
const emulator = await startBin(plan.emulator, process.execPath, flags);
const javaOptions = trustedByJava(plan.authority);
const phpSettings = join(plan.authority, 'php.d');
mkdirSync(phpSettings);
writeFileSync(join(phpSettings, 'ca.ini'), `curl.cainfo=${ca}\nopenssl.cafile=${ca}\n`);
const world = await openWorld(emulator.url, SECRETS);
const results: Results = {};
try {
  for (const { name, driver: program, refreshedBy } of plan.clients) {
    console.error(`${name} …`);
    await world.forget();
    const driver = startDriver(program, {
      CORPID: SECRETS.corpid,
      AGENTID: String(SECRETS.agentid),
      SECRET: SECRETS.secret,
      CALLBACK_TOKEN: SECRETS.callbackToken,
      CALLBACK_KEY: SECRETS.callbackKey,
      // How Node.js, Go, Python, PHP and Java trust the authority: the emulator prints the same lines.
      NODE_EXTRA_CA_CERTS: ca,
      SSL_CERT_FILE: ca,
      REQUESTS_CA_BUNDLE: ca,
      JAVA_TOOL_OPTIONS: javaOptions,
      // After the usual settings of PHP.
      PHP_INI_SCAN_DIR: `:${phpSettings}`,
      PYTHONDONTWRITEBYTECODE: '1',
    });
    const cells: Partial<Record<CallName, Cell>> = {};
    for (const { name: call } of CALLS) {
      cells[call] = await tryCall(call, driver, world, refreshedBy);
    }
    results[name] = cells;
    await driver.close();
    if (process.env['VERBOSE']) console.error(driver.printed());
  }
} finally {
  writeFileSync(plan.results, JSON.stringify(results));
  await world.close();
  await emulator.stop();
}
process.exit();
