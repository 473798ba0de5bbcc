import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { commandLine } from '../../packages/emulator/source/commands/commandLine.ts';
import type { Company } from '../../packages/emulator/source/directory/types.ts';
import { emulator } from './emulator.ts';
import { receiver } from './receiver.ts';

const START = 'packages/emulator/source/start.ts';
const run = promisify(execFile);

interface Outcome {
  exit: number;
  out: string;
  err: string;
}

/** Runs the command line in a process of its own. */
async function wecomProcess(...args: string[]): Promise<Outcome> {
  return await run(process.execPath, [START, ...args]).then(
    ({ stdout, stderr }) => ({ exit: 0, out: stdout.trim(), err: stderr.trim() }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      exit: error.code,
      out: error.stdout.trim(),
      err: error.stderr.trim(),
    }),
  );
}

/** Runs the command line in this process, because a process for each of fifty commands takes a minute. */
async function wecom(...args: string[]): Promise<Outcome> {
  const [out, err]: [string[], string[]] = [[], []];
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((text) => void out.push(`${text}\n`)),
    vi.spyOn(console, 'error').mockImplementation((text) => void err.push(`${text}\n`)),
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0),
  ];
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await commandLine(args);
    return { exit: Number(process.exitCode), out: out.join('').trim(), err: err.join('').trim() };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}

describe('the command line', () => {
  it('starts in the foreground, says what to try, prints no secret, and stops when told', async () => {
    const options = ['--set', 'repeatGettoken=new', '--admin-host', 'wecom'];
    const child = spawn(process.execPath, [START, '--port', '0', ...options]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: string[] = [];
    const output = createInterface({ input: child.stdout });
    output.on('line', (line) => lines.push(line));
    while (!lines.some((line) => line.includes('--help'))) await once(output, 'line');
    const text = lines.join('\n');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? '';
    expect(await (await fetch(`${url}/__admin/behaviour`)).json()).toMatchObject({
      repeatGettoken: 'new',
    });
    const byName = await new Promise((resolve, reject) => {
      request(`${url}/__admin/behaviour`, { headers: { host: 'wecom:3500' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(byName).toBe(200);
    expect(text).not.toContain('EmulatorOnly');
    // What it says to try is for this one, not for the one on the usual port.
    const [, tried = ''] = /npm run wecom -- (code .+)/.exec(text) ?? [];
    expect(await wecomProcess(...tried.split(' '))).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^[\w-]{43}$/m),
    });
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('starts with a company of any size', async () => {
    const sizes = ['--members', '30', '--departments', '7', '--depth', '7', '--tags', '2'];
    const child = spawn(process.execPath, [START, '--port', '0', ...sizes]);
    onTestFinished(() => void child.kill('SIGKILL'));
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    while (!text.includes('--help')) await once(child.stdout, 'data');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? '';
    const company = (await (await fetch(`${url}/__admin/company`)).json()) as Company;
    expect(company.members).toHaveLength(30);
    expect(company.departments.at(-1)).toMatchObject({ id: 7, parentid: 6 });
    expect(company.tags).toHaveLength(2);
    expect(text).toContain('npm run wecom -- code member000001');
    expect(await wecom('--members', '0', '--port', '0')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('members must be a whole number from 1'),
    });
  });

  it('reads a company from a file, and keeps it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emulator-company-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [file, state] = [join(folder, 'company.json'), join(folder, 'state.json')];
    const members = [{ userid: 'li', name: '李', department: [1] }];
    writeFileSync(
      file,
      JSON.stringify({ corpid: 'ww1', apps: [{ agentid: 7, secret: 's' }], members }),
    );
    for (const expected of [1, 0]) {
      const args = ['--port', '0', '--company', file, '--keep', state];
      const child = spawn(process.execPath, [START, ...args]);
      onTestFinished(() => void child.kill('SIGKILL'));
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
      });
      while (!text.includes('--help')) await once(child.stdout, 'data');
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? '';
      const company = (await (await fetch(`${url}/__admin/company`)).json()) as Company;
      expect(company.corpid).toBe('ww1');
      expect(company.members).toHaveLength(expected);
      if (expected > 0) await fetch(`${url}/__admin/members/li`, { method: 'DELETE' });
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    expect(await wecom('--company', file, '--members', '5')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('exclude each other'),
    });
  });

  it('serves TLS, and says how clients find and trust it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emulator-ca-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const https = ['--https', '--https-port', '0', '--ca-folder', folder];
    const child = spawn(process.execPath, [START, '--port', '0', ...https]);
    onTestFinished(() => void child.kill('SIGKILL'));
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    while (!text.includes('--help')) await once(child.stdout, 'data');
    expect(text).toMatch(/127\.0\.0\.1 qyapi\.weixin\.qq\.com open\.weixin\.qq\.com .*\n/);
    expect(text).toContain(`NODE_EXTRA_CA_CERTS=${folder}/ca.pem`);
    const port = /https:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1] ?? '';
    const script = `const r = await fetch('https://localhost:${port}/cgi-bin/gettoken');
console.log((await r.json()).errcode);`;
    const client = run(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
    });
    expect((await client).stdout).toBe('41004\n');
    expect(await wecom('--ca-folder', folder)).toMatchObject({
      exit: 1,
      err: expect.stringContaining('need --https'),
    });
  });

  it('explains a port that is taken, an unknown command, a wrong flag, and nobody at home', async () => {
    const running = await emulator();
    const taken = await wecomProcess('--port', String(running.port));
    expect(taken).toMatchObject({ exit: 1, err: expect.stringMatching(/^Port \d+ is in use/) });
    expect(await wecom('nonsense')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('npm run wecom -- help'),
    });
    expect(await wecom('--nonsense')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('--nonsense'),
    });
    expect(await wecom('--port', 'x')).toMatchObject({
      exit: 1,
      err: '--port must be a whole number, not "x"',
    });
    expect(await wecom('--set', 'nonsense=1', '--port', '0')).toMatchObject({ exit: 1 });
    expect(await wecom('calls', '--at', 'http://127.0.0.1:1')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('npm run wecom'),
    });
    expect((await wecom('--help')).out).toContain('fault 45009 --on user/get --times 3');
  });

  it('refuses a flag that npm took for itself, and says what to type', async () => {
    const environment = { ...process.env, npm_config_status: 'true' };
    const failed = run(process.execPath, [START, 'member', 'user123', '2'], { env: environment });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm run wecom -- member user123 2 --status'),
    });
  });

  it('revokes tickets, and pushes a delivery again', async () => {
    const running = await emulator();
    const access_token = await running.token();
    await running.get('get_jsapi_ticket', { access_token });
    const options = ['--agent', '1000002', '--at', running.url];
    expect((await wecom('revoke-ticket', 'config', ...options)).out).toContain('"revoked": 1');
    const { received, target } = await receiver();
    running.callbacks.setTarget('contacts', target);
    running.administrator.leave('lisi');
    await running.callbacks.settled();
    expect((await wecom('resend', '1', '--at', running.url)).out).toContain('"delivery": 2');
    expect(received.map(({ message }) => message)).toEqual(
      Array(2).fill(expect.stringContaining('lisi')),
    );
  });

  it('steers a running emulator', async () => {
    const running = await emulator();
    const steer = async (...args: string[]) => {
      const { exit, out, err } = await wecom(...args, '--at', running.url);
      expect([args, exit, err]).toEqual([args, 0, '']);
      return out;
    };
    const access_token = await running.token();

    await steer('fault', '45009', '--on', 'user/get', '--times', '1');
    await steer('fault', '-1', '--on', 'tag/list');
    expect(running.faults.list()).toMatchObject([
      { kind: 'errcode', errcode: 45009, on: 'user/get', times: 1 },
      { kind: 'errcode', errcode: -1, on: 'tag/list' },
    ]);
    expect(await steer('fault', 'list')).toContain('45009');
    await steer('fault', 'clear');
    expect(running.faults.list()).toEqual([]);

    const code = await steer('code', 'user123', '--scope', 'snsapi_privateinfo');
    expect(await running.get('auth/getuserinfo', { access_token, code })).toMatchObject({
      userid: 'user123',
      user_ticket: expect.any(String),
    });

    await steer('member', 'lisi', '--status', '2', '--department', '3,5');
    expect(await running.get('user/get', { access_token, userid: 'lisi' })).toMatchObject({
      status: 2,
      department: [3, 5],
      main_department: 3,
    });
    await steer('leave', 'user123');
    expect(await running.get('user/get', { access_token, userid: 'user123' })).toMatchObject({
      errcode: 60111,
    });
    await steer('join', 'user123');
    await steer('join', 'new.one', '--name', '新人', '--department', '2');
    await steer('rename', 'new.one', 'New.Two');
    for (const [userid, name] of [
      ['user123', '张三'],
      ['New.Two', '新人'],
    ] as const) {
      expect(await running.get('user/get', { access_token, userid })).toMatchObject({
        userid,
        name,
        department: [2],
      });
    }
    await steer('fault', 'set-field', '--on', 'user/get', '--field', 'status', '--value', '-1');
    await steer('fault', 'other-member', '--userid', 'qianer');
    expect(await running.get('user/get', { access_token, userid: 'user123' })).toMatchObject({
      userid: 'qianer',
      status: -1,
    });
    await steer('fault', 'clear');
    await steer('fault', 'control-characters', '--field', 'name', '--codes', '0,8');
    await steer('fault', 'tag-members', '--count', '5');
    expect(running.faults.list()).toMatchObject([
      { kind: 'control-characters', field: 'name', codes: [0, 8] },
      { kind: 'tag-members', count: 5 },
    ]);
    await steer('fault', 'clear');
    expect((await wecom('fault', 'set-field', '--value', 'x', '--at', running.url)).err).toMatch(
      /^--value must be JSON/,
    );
    await steer('tag', '7', '--add', 'qianer', '--remove', 'lisi', '--remove-department', '12');
    expect(await running.get('tag/get', { access_token, tagid: 7 })).toMatchObject({
      userlist: [{ userid: 'qianer', name: '钱二' }],
      partylist: [],
    });
    await steer('department', '2', '--name', '研发部');
    expect(await running.get('department/get', { access_token, id: 2 })).toMatchObject({
      department: { name: '研发部' },
    });
    await steer('app', '1000002', '--departments', '12');
    expect(await running.get('user/get', { access_token, userid: 'qianer' })).toMatchObject({
      errcode: 60011,
    });
    await steer('app', '1000002', '--trusted-ips', '10.0.0.1');
    expect(await running.get('tag/list', { access_token })).toMatchObject({ errcode: 60020 });
    await steer('app', '1000002', '--any-ip');
    await steer('revoke-token');
    expect(await running.get('tag/list', { access_token })).toMatchObject({ errcode: 40014 });
    expect(await steer('calls', 'tag/list')).toMatch(
      /GET \/cgi-bin\/tag\/list 200 60020 127\.0\.0\.1\n {2}→ .+10\.0\.0\.1 https:\/\/developer\.work\.weixin\.qq\.com\/document\/path\/90313/,
    );
    expect(await steer('behaviour', 'tokenLifetimeSeconds=60')).toContain(
      '"tokenLifetimeSeconds": 60',
    );
    expect((await wecom('leave', 'nobody', '--at', running.url)).err).toBe(
      'there is no member nobody',
    );
  });

  it('shows and deletes the messages that were sent', async () => {
    const running = await emulator();
    const key = 'e0000000-0000-4000-8000-000000000001';
    await running.post('webhook/send', { key }, { msgtype: 'text', text: { content: 'x' } });
    const { out } = await wecom('messages', '--at', running.url);
    expect(JSON.parse(out)).toMatchObject([{ channel: 'webhook' }]);
    expect(await wecom('messages', 'lisi', '--at', running.url)).toMatchObject({ out: '[]' });
    expect(await wecom('messages', 'clear', '--at', running.url)).toMatchObject({ exit: 0 });
    expect(running.messages.list()).toEqual([]);
  });

  it('says that a member has left when the receivers of callbacks know it', async () => {
    const { app, contacts } = { app: await receiver(), contacts: await receiver() };
    const running = await emulator({ callbacks: { app: app.target, contacts: contacts.target } });
    expect(await wecom('leave', 'user123', '--at', running.url)).toMatchObject({
      out: 'user123 left the company. To bring them back: join user123',
    });
    expect(running.callbacks.deliveries().map(({ state }) => state)).toEqual([
      'delivered',
      'delivered',
    ]);
    const event = ['event', 'update_user', 'lisi', '--userid', 'li.si', '--create-time', '1'];
    expect(await wecom(...event, '--at', running.url)).toMatchObject({ exit: 0 });
    expect(running.callbacks.deliveries().at(-1)).toMatchObject({
      event: 'update_user',
      subject: 'lisi',
      state: 'delivered',
    });
    expect(contacts.received.at(-1)?.message).toContain('<CreateTime>1</CreateTime>');
  });
});
