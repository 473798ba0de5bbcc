import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { grantItem } from '../../lib/permissions/grant.ts';
import { receiveCallbacks } from '../../tests/harness/callbackTargets.ts';
import { startGateway } from '../../tests/harness/gateway.ts';
import { type HostileResult, hostile } from '../../tests/harness/hostileCallbacks.ts';
import { type Services, startServices } from '../services.ts';
import { type ColdResult, coldVerification } from './coldVerification.ts';
import { type RevocationResult, revocation } from './revocation.ts';

/*
 * npm run bench:callback                    everything; writes bench/callback.md
 * npm run bench:callback -- <requests> <seed>  this number of hostile requests, from this seed
 */

const REQUESTS = 100_000;
const COLD_RUNS = 20;
const LEAVERS = 20;
const REPORT = 'bench/callback.md';

const BUDGET_MS = { cold: 1_000, cpu: 50 };
/** The share of a CPU that a Lambda of 512 MB has after init: 512 of 1 769 MB. */
const LAMBDA_SHARE = 512 / 1_769;

const [loadBefore = 0] = loadavg();
const [requests = REQUESTS, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);

const write = process.stdout.write;
// Silenced: the functions log some 100 000 lines to standard output.
process.stdout.write = () => true;
const services = await startServices();
Object.assign(process.env, services.environment);
try {
  const { corpid } = services.wecom.company;
  const cold = await coldVerification(services.environment, corpid, COLD_RUNS);
  const leaving = await leavers(services);
  const { handler } = await import('../../functions/callback.ts');
  const hostility = await hostile(handler, corpid, requests, seed);
  process.stdout.write = write;
  const text = report(cold, leaving, hostility);
  console.log(text);
  writeFileSync(REPORT, text);
  const failed = hostility.byStatus['500'] ?? hostility.byStatus['503'] ?? 0;
  const within =
    cold.wallMs.max <= BUDGET_MS.cold &&
    hostility.cpuMs.max <= BUDGET_MS.cpu &&
    failed + hostility.unhandledRejections === 0;
  process.exitCode = within ? 0 : 1;
} finally {
  process.stdout.write = write;
  await services.close();
}

/** Lets new members, each with a grant, leave one after the other. */
async function leavers({ wecom, permissions: table }: Services): Promise<RevocationResult> {
  const handlerOf = async (name: string) => (await import(`../../functions/${name}.ts`)).handler;
  const gateway = await startGateway([
    { route: 'GET /api/wecom/verify/{userId}', handler: await handlerOf('verify') },
    { route: 'POST /api/wecom/callback/{channel}', handler: await handlerOf('callback') },
  ]);
  receiveCallbacks(wecom, gateway.url);
  const userids = Array.from({ length: LEAVERS }, (_, at) => `leaver${at}`);
  for (const userid of userids) {
    wecom.administrator.join({
      userid,
      name: userid,
      department: [2],
      main_department: 2,
      position: '',
      status: 1,
      gender: '0',
    });
    const grant = { permission: 'access', effect: 'allow', by: 'bench', at: 0 } as const;
    await table.put(grantItem(wecom.company.corpid, { subject: `member#${userid}`, ...grant }));
  }
  await wecom.callbacks.settled();
  try {
    return await revocation(gateway.url, wecom, userids);
  } finally {
    await gateway.close();
  }
}

function report(cold: ColdResult, leaving: RevocationResult, hostility: HostileResult): string {
  const ms = (milliseconds: number) =>
    `${milliseconds.toFixed(milliseconds < 1 ? 2 : milliseconds < 10 ? 1 : 0)} ms`;
  const statuses = Object.entries(hostility.byStatus).map(([code, count]) => `${count} × ${code}`);
  const calculatedMs = cold.initCpuMs.median + cold.answerCpuMs.median / LAMBDA_SHARE;
  return `# Callbacks, measured

\`npm run bench:callback -- ${requests} ${seed}\` on ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.
DynamoDB, SSM and WeCom are the local ones, in the process of the benchmark. Load average when it began: ${loadBefore.toFixed(1)}; above 1 the wall-clock times are upper bounds.

## URL verification by a cold instance

From the start of a process to its response, with the function bundled by the options of \`serverless.yml\`; ${cold.runs} new processes.

| what | median | worst | budget |
|---|---|---|---|
| process start → response | ${ms(cold.wallMs.median)} | ${ms(cold.wallMs.max)} | ${BUDGET_MS.cold} ms |
| the same process with a handler that does nothing | ${ms(cold.emptyWallMs.median)} | | |
| CPU until the handler is loaded, Node's start included | ${ms(cold.initCpuMs.median)} | ${ms(cold.initCpuMs.max)} | |
| CPU from then to the response | ${ms(cold.answerCpuMs.median)} | ${ms(cold.answerCpuMs.max)} | |

Calculated, not measured: a Lambda of 512 MB has a whole CPU during init and ${LAMBDA_SHARE.toFixed(2)} of one afterwards, where this CPU time takes ${ms(calculatedMs)}. Network and sandbox are not included.

## A leaver

From the removal in the emulator to the first \`authorized: false\` over HTTP, polled every 2 ms; ${leaving.runs} permitted members.

| median | worst |
|---|---|
| ${ms(leaving.delayMs.median)} | ${ms(leaving.delayMs.max)} |

## Hostile requests

${hostility.requests} random and mutated requests, three in ten correctly signed: ${statuses.join(', ')}; ${hostility.unhandledRejections} unhandled rejections.

| CPU for one response | mean | 99 % | 99.9 % | worst | budget |
|---|---|---|---|---|---|
| | ${ms(hostility.cpuMs.mean)} | ${ms(hostility.cpuMs.p99)} | ${ms(hostility.cpuMs.p999)} | ${ms(hostility.cpuMs.max)} | ${BUDGET_MS.cpu} ms |

The most expensive kind: ${hostility.mostExpensive}. Garbage collection is included, also that of making the requests.
`;
}
