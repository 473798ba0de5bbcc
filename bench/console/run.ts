import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Page, Response } from 'playwright-core';
import { createHandler as createAdminDirectory } from '../../functions/adminDirectory.ts';
import { createHandler as createAdminPage } from '../../functions/adminPage.ts';
import { createHandler as createAuthorize } from '../../functions/authorize.ts';
import { createHandler as createGetUserInfo } from '../../functions/getUserInfo.ts';
import { routes } from '../../lib/http/routes.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import { companyOfSize, userIdOf } from '../../packages/emulator/source/companyOfSize.ts';
import type { Wecom } from '../../packages/emulator/source/server.ts';
import { launchChromium } from '../../tests/harness/chromium.ts';
import { startGateway } from '../../tests/harness/gateway.ts';
import { quantile } from '../measure/spread.ts';
import { startServices } from '../services.ts';

/*
 * npm run bench:console -- [--members 100000] [--departments 5000] [--samples 10]
 *
 * Measures the administrators' page in Chromium with a small and with a large company: from a step to
 * what it shows, with new instances of the functions for each sample. Writes bench/console.md. Exits with
 * 1 if the size of the company changes the requests or the calls of WeCom.
 */

const REPORT = 'bench/console.md';

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '100000' },
    departments: { type: 'string', default: '5000' },
    samples: { type: 'string', default: '10' },
  },
});
const samples = Number(values.samples);

interface Size {
  readonly members: number;
  readonly departments: number;
}

interface Step {
  readonly what: string;
  readonly requests: number;
  readonly wecomCalls: number;
  readonly kB: number;
  readonly timesMs: number[];
}

const sizes: Size[] = [
  { members: 100, departments: 20 },
  { members: Number(values.members), departments: Number(values.departments) },
];
// Not the functions' log.
process.stdout.write = () => true;
const browser = await launchChromium();
try {
  const measured: Step[][] = [];
  for (const size of sizes) measured.push(await measure(size));
  const text = report(measured);
  console.error(text);
  writeFileSync(REPORT, text);
  const [few, many] = measured.map((steps) =>
    steps.map(({ requests, wecomCalls }) => [requests, wecomCalls]),
  );
  process.exitCode = JSON.stringify(few) === JSON.stringify(many) ? 0 : 1;
} finally {
  await browser.close();
}

async function measure(size: Size): Promise<Step[]> {
  const company = companyOfSize({ ...size, depth: 5 });
  const services = await startServices({ company });
  const { wecom, app, permissions } = services;
  const administrator = { subject: `member#${userIdOf(1)}`, permission: 'admin:permissions' };
  await permissions.put(
    grantItem(wecom.company.corpid, { ...administrator, effect: 'allow', by: 'bench', at: 0 }),
  );
  const steps = new Map<string, Step>();
  try {
    for (let sample = 0; sample < samples; sample++) {
      const environment: NodeJS.ProcessEnv = { ...services.environment, ADMIN_CONSOLE: 'true' };
      Object.assign(process.env, services.environment);
      const [page, directory] = [createAdminPage(environment), createAdminDirectory(environment)];
      const gateway = await startGateway([
        { route: 'GET /api/wecom/authorize', handler: createAuthorize(environment) },
        { route: 'POST /api/wecom/getUserInfo', handler: createGetUserInfo(environment) },
        ...routes
          .filter((route) => route.startsWith('GET /api/admin/'))
          .map((route) => ({ route, handler: directory })),
        { route: 'GET /admin', handler: page },
        { route: 'GET /admin/{file}', handler: page },
      ]);
      environment['SESSION_ISSUER'] = gateway.url;
      environment['WECOM_OAUTH_BASE_URL'] = wecom.url;
      environment['WECOM_LOGIN_BASE_URL'] = wecom.url;
      app.trusted_domains.push(new URL(gateway.url).host);
      try {
        await visit(gateway.url, wecom, size.members, recorder(steps, wecom));
      } finally {
        await gateway.close();
      }
    }
  } finally {
    await services.close();
  }
  return [...steps.values()];
}

type RecordStep = (what: string, page: Page, work: () => Promise<unknown>) => Promise<void>;

/** @returns a function that does one step and notes what it cost */
function recorder(steps: Map<string, Step>, { calls }: Wecom): RecordStep {
  return async (what, page, work) => {
    const answers: Promise<number>[] = [];
    const note = (response: Response) => {
      if (response.url().includes('/api/admin/')) {
        answers.push(response.body().then(({ length }) => length));
      }
    };
    page.on('response', note);
    const callsBefore = calls.count();
    const began = performance.now();
    await work();
    const timeMs = performance.now() - began;
    await page.waitForLoadState('networkidle');
    page.off('response', note);
    const bytes = (await Promise.all(answers)).reduce((sum, each) => sum + each, 0);
    steps.set(what, {
      what,
      requests: answers.length,
      // The first visit finds nothing in the cache table.
      wecomCalls: Math.max(calls.count() - callsBefore, steps.get(what)?.wecomCalls ?? 0),
      kB: Math.ceil(bytes / 1_000),
      timesMs: [...(steps.get(what)?.timesMs ?? []), timeMs],
    });
  };
}

/** The first steps of an administrator, in a browser without a cache. */
async function visit(url: string, wecom: Wecom, members: number, step: RecordStep): Promise<void> {
  const context = await browser.newContext({ locale: 'en-US' });
  try {
    const page = await context.newPage();
    await step('open the page, signed out', page, async () => {
      await page.goto(`${url}/admin`);
      await page.locator('button.primary').waitFor();
    });
    await page.locator('button.primary').click();
    await page.waitForURL(`${wecom.url}/**`);
    const state = new URL(page.url()).searchParams.get('state') ?? '';
    const code = wecom.codes.mint({ userid: userIdOf(1) });
    await step('come back from WeCom, until the departments stand there', page, async () => {
      await page.goto(`${url}/admin?${new URLSearchParams({ code, state })}`);
      await page.locator('[role=treeitem]').first().waitFor();
    });
    const userid = userIdOf(Math.ceil(members / 2));
    await step('find a member by userid, until every decision stands there', page, async () => {
      await page.getByLabel('Userid of a member').fill(userid);
      await page.getByRole('button', { name: 'Find', exact: true }).click();
      await page.locator('.decisions > li').first().waitFor();
    });
    await step('open a department, until its members stand there', page, async () => {
      await page.getByLabel('Find a department by name').fill('3');
      await page.locator('[role=treeitem]').first().click();
      await page.locator('.members a').first().waitFor();
    });
  } finally {
    await context.close();
  }
}

function report(measured: readonly (readonly Step[])[]): string {
  const tables = measured.map((steps, at) => {
    const { members, departments } = sizes[at] ?? { members: 0, departments: 0 };
    const rows = steps.map(({ what, requests, wecomCalls, kB, timesMs }) => {
      const [p50, p90] = [quantile(timesMs, 0.5), quantile(timesMs, 0.9)];
      return `| ${what} | ${requests} | ${wecomCalls} | ${kB} | ${p50.toFixed(0)} | ${p90.toFixed(0)} |`;
    });
    return `## ${members.toLocaleString('en')} members, ${departments.toLocaleString('en')} departments

| step | requests of \`/api/admin\` | calls of WeCom, at most | kB | p50 ms | p90 ms |
| --- | ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}
`;
  });
  const [cpu] = cpus();
  return `# The administrators' page

\`npm run bench:console\`: ${samples} visits in Chromium for each company, each with new instances of the functions. Everything runs on one machine: ${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node.js ${process.versions.node}.

${tables.join('\n')}`;
}
