import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { loadNow } from './measure/report.ts';

/*
 * Measures the throughput of the local stack: runs `npm start` on its own ports, and autocannon with rising
 * concurrency. All on this machine, bounded in time and requests.
 *
 * npm run bench:throughput             writes bench/throughput.md
 * npm run bench:throughput -- --quick  one second for each step, writes nothing
 */

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const PORT = 3900;
const CONNECTIONS = [1, 2, 4, 8, 16, 32];
const STEP_SECONDS = values.quick ? 1 : 6;
/** At most, in one step. */
const MAX_REQUESTS = 20_000;
/** Requests of each connection before the measurement of a step. */
const WARM_UP_REQUESTS = 50;
const REQUEST_TIMEOUT_SECONDS = 15;
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 250;

interface Step {
  readonly what: string;
  readonly connections: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

const load = loadNow();
const url = `http://127.0.0.1:${PORT}`;
const requests = [
  { what: 'verify, warm', method: 'GET', path: '/api/wecom/verify/user123' },
  {
    what: 'sign-in, warm',
    method: 'POST',
    path: '/api/wecom/getUserInfo',
    headers: { 'content-type': 'application/json' },
    body: '{"code":"your_auth_code"}',
  },
] as const;

const stack = await startStack();
try {
  const steps: Step[] = [];
  for (const { what, ...request } of requests) {
    for (const connections of CONNECTIONS) {
      // Each concurrent request has its own instance, which must start first.
      await run({ ...request, connections, amount: connections * WARM_UP_REQUESTS });
      const { requests, latency, non2xx, errors, timeouts } = await run({
        ...request,
        connections,
      });
      const step = {
        what,
        connections,
        perSecond: requests.average,
        p50Ms: latency.p50,
        p99Ms: latency.p99,
        failed: non2xx + errors + timeouts,
      };
      console.log(
        `${what}, ${connections} at once: ${Math.round(step.perSecond)}/s, ${step.failed} failed`,
      );
      steps.push(step);
    }
  }
  if (!values.quick) writeFileSync('bench/throughput.md', report(steps));
} finally {
  await stop(stack);
}

type Request = Omit<(typeof requests)[number], 'what'>;

function run(options: Request & { connections: number; amount?: number }) {
  const { path, ...rest } = options;
  return autocannon({
    ...rest,
    url: `${url}${path}`,
    timeout: REQUEST_TIMEOUT_SECONDS,
    ...(options.amount === undefined && {
      duration: STEP_SECONDS,
      maxOverallRequests: MAX_REQUESTS,
    }),
  });
}

async function startStack(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['local/start.ts', '--fresh'], {
    env: { ...process.env, PORT: String(PORT) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', () => undefined);
  const ended = once(child, 'exit').then(() => {
    throw new Error('npm start ended');
  });
  ended.catch(() => undefined);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const answer = fetch(`${url}/api/wecom/verify/user123`).catch(() => undefined);
    const response = await Promise.race([answer, ended]);
    if (response?.status === 200) return child;
    if (Date.now() > deadline) {
      await stop(child);
      throw new Error('npm start did not respond in time');
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

function report(steps: readonly Step[]): string {
  const rows = steps.map(
    ({ what, connections, perSecond, p50Ms, p99Ms, failed }) =>
      `| ${what} | ${connections} | ${perSecond.toFixed(0)} | ${p50Ms} ms | ${p99Ms} ms | ${failed} |`,
  );
  return `# Throughput of the local stack

\`npm run bench:throughput\` on ${availableParallelism()} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}: \`npm start\` and autocannon share the machine, ${STEP_SECONDS} s for each step, after a warm-up with the same concurrency. Load of the machine before (1 minute): ${load.toFixed(1)}.

| request | at once | a second | p50 | p99 | failed |
|---|---|---|---|---|---|
${rows.join('\n')}

This is a stack for development. All of it shares these cores: serverless-offline, which replaces API Gateway and keeps an instance of the function for each concurrent request, the embedded DynamoDB, the emulator, and autocannon. On AWS each concurrent request has its own instance and CPU, until DynamoDB or WeCom limits it: see docs/cost.md.
`;
}
