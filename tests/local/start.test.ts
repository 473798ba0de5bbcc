import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTable } from '../../lib/dynamodb/table.ts';
import { fixtureCompany } from '../../packages/emulator/source/company.ts';
import { readMarkdown } from '../docs/markdown.ts';
import { Browser } from '../harness/browser.ts';
import { freeStackPort, STACK_PORTS } from '../harness/freePorts.ts';
import { localDynamoDb } from '../harness/localAws.ts';
import { npmStart, ready } from '../harness/npmStart.ts';
import {
  CLIENT_ID,
  CLIENT_REDIRECT,
  discover,
  registerClient,
  signInByBrowser,
} from '../harness/openidSignIn.ts';

const run = promisify(execFile);

/** Without a request, whose log line could end a process that nobody listens to any more. */
function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** A command of the README, as it stands there but for the port. */
async function readmeCommand(start: string): Promise<string> {
  const line = readFileSync('README.md', 'utf8')
    .split('\n')
    .find((each) => each.trim().startsWith(start));
  if (line === undefined) throw new Error(`README.md has no command ${start}`);
  const { stdout } = await run('sh', ['-c', line.trim().replace('http://localhost:3000', site)]);
  return stdout;
}

/** Not `fetch`, which sets Origin and Sec-Fetch-Site itself. */
function ask(
  at: number,
  path: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port: at, path, method: 'POST', headers }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, headers: response.headers });
    });
    outgoing.on('error', reject).end(body);
  });
}

const FIRST_FREE_PORT = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
const mayUsePort80 =
  process.getuid?.() === 0 ||
  !existsSync(FIRST_FREE_PORT) ||
  Number(readFileSync(FIRST_FREE_PORT, 'utf8')) <= 80;

let port: number;
let site: string;
let stack: ReturnType<typeof npmStart>;

beforeAll(async () => {
  port = await freeStackPort();
  site = `http://localhost:${port}`;
  stack = npmStart(port);
  await ready(stack.printed, stack.child);
});

afterAll(async () => {
  stack.pressCtrlC();
  await stack.ended;
  rmSync(`.local/${port}`, { recursive: true, force: true });
});

describe('npm start', () => {
  it('answers the first curl of the README character for character', async () => {
    expect(await readmeCommand('curl -X POST')).toBe(
      '{"code":0,"message":"success","data":{"userid":"user123","name":"张三","mobile":"13800138000","email":"zhang@company.com","department":"技术部","position":"工程师"}}',
    );
  });

  it('answers the second one', async () => {
    expect(await readmeCommand('curl http://localhost:3000/api/wecom/verify')).toBe(
      '{"code":0,"message":"success","data":{"authorized":true}}',
    );
  });

  it('knows another member whom nobody has permitted', async () => {
    const answer = await fetch(`${site}/api/wecom/verify/lisi`);
    expect(await answer.json()).toEqual({
      code: 0,
      message: 'success',
      data: { authorized: false },
    });
  });

  it('leaves CORS to the functions: no Origin that is not listed is reflected', async () => {
    const allowed = async (path: string, origin: string, method = 'GET') => {
      const { status, headers } = await fetch(site + path, { method, headers: { origin } });
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      return [status, headers.get('access-control-allow-origin')];
    };
    const [listed, other] = [`http://127.0.0.1:${port}`, 'https://evil.example'];
    expect(await allowed('/api/wecom/verify/user123', listed)).toEqual([200, listed]);
    expect(await allowed('/api/wecom/getUserInfo', listed, 'OPTIONS')).toEqual([204, listed]);
    for (const origin of [other, 'null']) {
      expect((await allowed('/api/wecom/verify/user123', origin))[1]).toBeNull();
      expect((await allowed('/api/wecom/getUserInfo', origin, 'OPTIONS'))[1]).toBeNull();
      expect((await allowed('/api/wecom/nothing', origin))[1]).toBeNull();
    }
  });

  it('says what a missing code is', async () => {
    const answer = await fetch(`${site}/api/wecom/getUserInfo`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toBe('{"code":-1,"message":"缺少授权码"}');
  });

  it('takes a code of the authorize page once', async () => {
    const authorize = new URLSearchParams({
      appid: fixtureCompany().corpid,
      redirect_uri: `${site}/`,
      response_type: 'code',
      scope: 'snsapi_base',
      state: 'abc',
      agentid: '1000002',
    });
    const page = await fetch(
      `http://127.0.0.1:${port + 500}/connect/oauth2/authorize?${authorize}`,
      { method: 'POST', body: new URLSearchParams({ who: 'lisi' }), redirect: 'manual' },
    );
    const code = new URL(page.headers.get('location') ?? '').searchParams.get('code');
    const signIn = () =>
      fetch(`${site}/api/wecom/getUserInfo`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      });
    expect((await signIn()).status).toBe(200);
    const second = await signIn();
    expect(second.status).toBe(401);
    expect(await second.json()).toEqual({ code: 40029, message: 'invalid code' });
  });

  it('takes the commands of the README for permissions and programs', async () => {
    const commands = readMarkdown('README.md')
      .blocks.flatMap(({ lines }) => lines)
      .filter((line) => /^npm run (permissions|clients|sessions) |^curl .*lisi$/.test(line));
    const exitCodes: unknown[] = [];
    const env = { ...process.env, PORT: String(port) };
    for (const command of commands) {
      const here = command.replace('http://localhost:3000', site);
      exitCodes.push(
        await run('sh', ['-c', here], { env }).then(
          () => 0,
          ({ code }) => code,
        ),
      );
    }
    // `explain` ends with 0 because of the grant, `sessions` with 3 before the first sign-in to a program.
    expect(exitCodes).toEqual([0, 0, 0, 0, 3]);
    await run('npm', ['run', '-s', 'clients', '--', 'remove', 'grafana'], { env });
  });

  it('signs a member in for a program that speaks OpenID Connect', async () => {
    const client = localDynamoDb(`http://127.0.0.1:${port + 503}`);
    const table = createTable(client, 'wecom-auth-local-permissions');
    await registerClient(table, fixtureCompany().corpid);
    client.destroy();
    const configuration = await discover(site);
    const browser = new Browser();
    const wecomUrl = `http://127.0.0.1:${port + 500}`;
    const { address, checks } = await signInByBrowser(configuration, browser, wecomUrl);
    const tokens = await oidc.authorizationCodeGrant(configuration, address, checks);
    expect(tokens.claims()).toMatchObject({ iss: site, sub: 'user123', aud: CLIENT_ID });
    const info = await oidc.fetchUserInfo(configuration, tokens.access_token, 'user123');
    expect(info).toMatchObject({ name: '张三', groups: expect.any(Array) });
    const refreshed = await oidc.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
    expect(refreshed.claims()).toMatchObject({ sub: 'user123' });
    // The next application gets its code without a page of WeCom.
    const before = browser.visited.length;
    await signInByBrowser(configuration, browser, wecomUrl);
    expect(browser.visited.slice(before)).toEqual([expect.stringMatching(/\/oauth2\/authorize\?/)]);
  });

  it('takes the form of an application on another site, and lets its page read nothing', async () => {
    const form = new URLSearchParams({
      client_id: CLIENT_ID,
      redirect_uri: CLIENT_REDIRECT,
      response_type: 'code',
      scope: 'openid',
    });
    const post = (headers: Record<string, string>) =>
      ask(port, '/oauth2/authorize', form.toString(), {
        origin: 'https://grafana.example.com',
        'sec-fetch-site': 'cross-site',
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      });
    const opened = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    const answer = await post(opened);
    expect(answer).toMatchObject({
      status: 303,
      headers: { location: `/oauth2/authorize?${form}` },
    });
    expect(Object.keys(answer.headers).filter((name) => /^access-control/.test(name))).toEqual([]);
    for (const by of [
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ]) {
      expect(await post(by)).toMatchObject({ status: 403 });
    }
  });

  it("answers no other website's page, and its own", async () => {
    for (const offset of [0, 1, 2]) {
      const address = `http://127.0.0.1:${port + offset}/api/wecom/verify/user123`;
      const answer = await fetch(address, { headers: { origin: 'https://evil.example' } });
      expect(answer.status).toBe(403);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    for (const origin of [site, `http://127.0.0.1:${port}`]) {
      const answer = await fetch(`${site}/api/wecom/verify/user123`, { headers: { origin } });
      expect(answer.status).toBe(200);
    }
  });

  it('keeps its files for this user alone', () => {
    const files = readdirSync(`.local/${port}`, { recursive: true, encoding: 'utf8' });
    expect(files).toContain('emulator/functions.log');
    // The bundles are code and nothing else.
    const data = files.filter((file) => !file.includes('esbuild'));
    for (const file of ['..', '', ...data]) {
      const { mode } = statSync(`.local/${port}/${file}`);
      expect({ file, others: mode & 0o077 }).toEqual({ file, others: 0 });
    }
  });

  it('has a client of the OpenID provider to try with', async () => {
    const { stdout } = await run('node', ['commands/clients.ts', 'show', 'demo', '--json'], {
      env: { ...process.env, PORT: String(port) },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      client: { public: true, redirect_uris: [`${site}/`], permission: 'access' },
      history: [{ action: 'added' }],
    });
  });

  it('serves the page', async () => {
    const page = await fetch(`${site}/`);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('企业微信登录');
  });

  it('lets a second stack know that the ports are taken, and which', async () => {
    const second = npmStart(port);
    expect(await second.ended).not.toBe(0);
    expect(second.printed.join('')).toContain(`port ${port} (public)`);
  });

  it('lets a function be invoked on its own, against the running stack', async () => {
    const { stdout } = await run(
      'npx',
      [
        'serverless',
        'invoke',
        'local',
        '--stage',
        'local',
        '-f',
        'getUserInfo',
        '-p',
        'events/getUserInfo.json',
      ],
      {
        env: {
          ...process.env,
          PORT: String(port),
        },
        timeout: 50_000,
      },
    );
    expect(stdout).toContain('"statusCode": 200');
  });

  it('prints commands that work as they stand, also where it was moved to', async () => {
    const commands = stack.printed
      .join('')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /^(curl|npm run) |^\w+=\S+ npm run /.test(line));
    expect(commands).toHaveLength(5);
    for (const command of commands) {
      const { stdout } = await run('sh', ['-c', command], { env: { ...process.env, LC_ALL: 'C' } });
      expect(stdout).toMatch(/"code":0|left the company|user:user123|client_id/m);
    }
    const after = await fetch(`${site}/api/wecom/verify/user123`);
    expect(await after.json()).toMatchObject({ data: { authorized: false } });
  });

  it('suspends the allowances of a member who left, by the function that callback invokes', async () => {
    const list = ['run', '-s', 'permissions', '--', 'list', 'user:user123', '--json'];
    const listed = async () => {
      const { stdout } = await run('npm', list, { env: { ...process.env, PORT: String(port) } });
      return JSON.parse(stdout);
    };
    const isSettled = async () => (await listed()).grants[0]?.suspendedAt !== undefined;
    await expect.poll(isSettled, { timeout: 30_000, interval: 500 }).toBe(true);
    expect((await listed()).pending).toEqual([]);
    const letters = await fetch(`http://127.0.0.1:${port + 504}/__dead-letters`);
    expect(await letters.json()).toEqual([]);
  });

  it('never prints a secret, a mobile or an e-mail', () => {
    const printed = stack.printed.join('');
    const { apps, members } = fixtureCompany();
    const secrets = [
      ...apps.map(({ secret }) => secret),
      ...members.flatMap(({ mobile, email, biz_mail }) => [mobile, email, biz_mail]),
    ];
    for (const secret of secrets) if (secret) expect(printed).not.toContain(secret);
  });
});

describe("a front end of one's own on another origin", () => {
  const PAGE = 'http://localhost:5173/sign-in';
  const { origin } = new URL(PAGE);
  let moved: ReturnType<typeof npmStart>;
  let api: string;
  let at: number;

  beforeAll(async () => {
    at = await freeStackPort();
    api = `http://localhost:${at}`;
    moved = npmStart(at, { FRONT_END: PAGE, VERIFY_ACCESS: 'session', LC_ALL: 'zh_CN.UTF-8' });
    await ready(moved.printed, moved.child);
  });

  afterAll(async () => {
    moved.pressCtrlC();
    await moved.ended;
    rmSync(`.local/${at}`, { recursive: true, force: true });
  });

  it('signs a member in, and asks verify with the session', async () => {
    const verifier = 'v'.repeat(43);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const query = new URLSearchParams({
      redirect_uri: PAGE,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    const begun = await fetch(`${api}/api/wecom/authorize?${query}`, { redirect: 'manual' });
    const page = begun.headers.get('location') ?? '';
    const back = await fetch(page, {
      method: 'POST',
      body: new URLSearchParams({ who: 'user123' }),
      redirect: 'manual',
    });
    const returned = new URL(back.headers.get('location') ?? '');
    expect(`${returned.origin}${returned.pathname}`).toBe(PAGE);
    const [code, state] = [returned.searchParams.get('code'), returned.searchParams.get('state')];

    const fromPage = { origin, 'sec-fetch-site': 'same-site' };
    const signedIn = await fetch(`${api}/api/wecom/getUserInfo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...fromPage },
      body: JSON.stringify({ code, state, code_verifier: verifier }),
    });
    expect(signedIn.headers.get('access-control-allow-origin')).toBe(origin);
    const { data, session } = (await signedIn.json()) as {
      data: { userid: string };
      session: { access_token: string };
    };
    const verify = (headers: Record<string, string>) =>
      fetch(`${api}/api/wecom/verify/${data.userid}`, { headers: { ...fromPage, ...headers } });
    const answer = await verify({ authorization: `Bearer ${session.access_token}` });
    expect(await answer.json()).toMatchObject({ data: { authorized: true } });
    // VERIFY_ACCESS=session, as when deployed.
    expect((await verify({})).status).toBe(401);
  });

  it('passes the preflight of a browser, and that of no other origin', async () => {
    const preflight = (from: string) =>
      fetch(`${api}/api/wecom/getUserInfo`, {
        method: 'OPTIONS',
        headers: { origin: from, 'access-control-request-method': 'POST' },
      });
    const allowed = await preflight(origin);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin);
    expect((await preflight('http://localhost:5174')).status).toBe(403);
  });

  it('is offered no command that needs a session', () => {
    expect(moved.printed.join('')).not.toMatch(/curl .*verify/);
  });

  it('is greeted in Chinese on a Chinese terminal', () => {
    expect(moved.printed.join('')).toMatch(/自己的前端 +http:\/\/localhost:5173\/sign-in\n/);
  });

  it('has the company as it was left, after a restart', async () => {
    const wecom = (...words: string[]) =>
      run('npm', ['run', '-s', 'wecom', '--', ...words], {
        env: { ...process.env, PORT: String(at), LC_ALL: 'C' },
      });
    await wecom('leave', 'lisi');
    moved.pressCtrlC();
    await moved.ended;
    moved = npmStart(at);
    await ready(moved.printed, moved.child);
    const company = await fetch(`http://127.0.0.1:${at + 500}/__admin/company`);
    expect(await company.text()).not.toContain('"userid": "lisi"');
    expect((await wecom('join', 'lisi')).stdout).toContain('reinstate user:lisi');
    const again = await fetch(`http://127.0.0.1:${at + 500}/__admin/company`);
    expect(await again.text()).toContain('"userid": "lisi"');
  });
});

describe('npm start in the wrong words', () => {
  const fails = async (args: readonly string[], variables: NodeJS.ProcessEnv = {}) => {
    const child = spawn('npm', args, {
      env: { ...process.env, LC_ALL: 'C', NO_COLOR: '1', PORT: '64000', ...variables },
    });
    let printed = '';
    child.stderr.on('data', (chunk) => {
      printed += chunk;
    });
    expect(await new Promise((resolve) => child.once('exit', resolve))).not.toBe(0);
    return printed;
  };

  it.skipIf(mayUsePort80)('says that the system does not let it use a port', async () => {
    expect(await fails(['start'], { PORT: '80' })).toContain('does not let you use port 80');
  });

  it('says that .local cannot be written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'start-'));
    writeFileSync(join(folder, '.local'), '');
    const start = run(process.execPath, [resolve('local/start.ts')], {
      cwd: folder,
      env: { ...process.env, LC_ALL: 'C', PORT: '64000' },
    });
    await expect(start).rejects.toMatchObject({
      stderr: expect.stringContaining(`${join(folder, '.local')} cannot be written (ENOTDIR)`),
    });
    rmSync(folder, { recursive: true });
  });

  it('says where -- goes', async () => {
    expect(await fails(['start', '--fresh'])).toContain('npm start -- --fresh');
  });

  it.each([
    ['FRONT_END', 'localhost:5173'],
    ['FRONT_END', 'http://shop.example.com'],
    ['FRONT_END', 'http://localhost:5173/#/sign-in'],
    ['PUBLIC_URL', 'http://dev.example.com'],
    ['PUBLIC_URL', 'https://dev.example.com/app'],
    ['PORT', '3000x'],
    ['VERIFY_ACCESS', 'sessions'],
  ])('refuses %s=%s with a sentence', async (name, value) => {
    const printed = await fails(['start'], { [name]: value });
    expect(printed).toContain(`${name} must be`);
    expect(printed).not.toContain('    at ');
  });
});

describe('the end of npm start', () => {
  it.each([
    ['Ctrl-C', 'pressCtrlC'],
    ['the end of the terminal', 'closeTerminal'],
    ['the end of npm alone', 'killNpm'],
    ['kill -9', 'killAll'],
  ] as const)('%s stops all of it', async (_what, end) => {
    const elsewhere = await freeStackPort();
    const other = npmStart(elsewhere);
    await ready(other.printed, other.child);
    other[end]();
    await other.ended;
    for (const offset of STACK_PORTS) {
      // npm may go before the rest.
      const taken = () => isTaken(elsewhere + offset);
      await expect.poll(taken, { timeout: 30_000, interval: 100 }).toBe(false);
    }
    rmSync(`.local/${elsewhere}`, { recursive: true, force: true });
  });
});

describe('npm start on a port that somebody else has', () => {
  it('names the port, says how to move, and fails', async () => {
    const taken = await freeStackPort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(taken, '127.0.0.1', resolve));
    const refused = npmStart(taken);
    expect(await refused.ended).not.toBe(0);
    expect(refused.printed.join('')).toContain('PORT=');
    other.close();
  });
});

describe('npm start with a real company', () => {
  it.each([
    [
      'of which half is missing',
      { WECOM_CORP_ID: 'ww1' },
      'also needs WECOM_AGENT_ID and WECOM_APP_SECRET',
    ],
    [
      'whose agent id is none',
      { WECOM_CORP_ID: 'ww1', WECOM_AGENT_ID: 'portal', WECOM_APP_SECRET: 'x' },
      'WECOM_AGENT_ID must be a number',
    ],
  ])('%s says so', async (_what, company, problem) => {
    const child = spawn('npm', ['start'], {
      env: {
        ...process.env,
        ...company,
        PORT: String(await freeStackPort()),
        LC_ALL: 'C',
        NO_COLOR: '1',
      },
    });
    let printed = '';
    child.stderr.on('data', (chunk) => {
      printed += chunk;
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).not.toBe(0);
    expect(printed).toContain(problem);
  });
});
