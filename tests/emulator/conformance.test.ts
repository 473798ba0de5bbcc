import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixtureCompany } from '../../packages/emulator/source/company.ts';
import type { App } from '../../packages/emulator/source/directory/types.ts';
import { emulator } from './emulator.ts';

const FOLDER = 'packages/emulator/conformance';
const RUN = `${FOLDER}/run.js`;
const ELSEWHERE = 1000004;
const DISABLED = 1000005;

interface Result {
  id: string;
  outcome: 'passed' | 'observed' | 'failed' | 'skipped';
  detail: string;
}

/** The emulator's own company with an app for other addresses, and one that is disabled. */
async function preparedEmulator() {
  const company = fixtureCompany();
  const like = company.apps[0] as App;
  const added = (agentid: number, changes: Partial<App>): App => ({
    ...structuredClone(like),
    agentid,
    secret: `EmulatorOnly-${agentid}`,
    ...changes,
  });
  company.apps.push(added(ELSEWHERE, { trusted_ips: ['192.0.2.1'] }), added(DISABLED, {}));
  const wecom = await emulator({ company, callbackRetryDelayMs: 0 });
  const expiredToken = await wecom.token();
  wecom.pass(7200);
  const disabledAppToken = await wecom.token(DISABLED);
  wecom.administrator.updateApp(DISABLED, { enabled: false });
  return { wecom, expiredToken, disabledAppToken };
}

/** Runs the checks in a process of their own. @returns their results */
async function conformance(settings: object): Promise<Result[]> {
  const directory = mkdtempSync(join(tmpdir(), 'conformance-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'settings.json');
  writeFileSync(file, JSON.stringify(settings));
  const flags = ['--people', 'emulator', '--bans', '--changes', '--json'];
  // A failed check is in the results; the exit code says no more.
  const { stdout } = await promisify(execFile)(process.execPath, [RUN, file, ...flags]).catch(
    (error: { stdout: string }) => error,
  );
  return JSON.parse(stdout);
}

describe('the conformance checks', () => {
  it('pass against the emulator, over HTTP alone', async () => {
    const { wecom, expiredToken, disabledAppToken } = await preparedEmulator();
    const example = JSON.parse(readFileSync(`${FOLDER}/settings.example.json`, 'utf8'));
    const results = await conformance({
      ...example,
      api: wecom.url,
      authorize: wecom.url,
      login: wecom.url,
      open: wecom.url,
      elsewhereApp: { secret: `EmulatorOnly-${ELSEWHERE}` },
      expiredToken,
      disabledAppToken,
      callback: { ...example.callback, port: 0, url: 'http://127.0.0.1:0/callback' },
    });
    expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(results.filter(({ outcome }) => outcome === 'skipped').map(({ id }) => id)).toEqual([
      // The emulator does not redirect, and nobody waits in a test.
      'plain-http',
      'code-expires',
      'ticket-expires',
    ]);
    expect(results.length).toBeGreaterThan(60);
  });

  it('fail against a WeCom that answers in another way', async () => {
    const { wecom } = await preparedEmulator();
    wecom.faults.add({ kind: 'set-field', on: 'tag/list', field: 'taglist', value: [] });
    const example = JSON.parse(readFileSync(`${FOLDER}/settings.example.json`, 'utf8'));
    const addresses = { api: wecom.url, authorize: wecom.url, login: wecom.url, open: wecom.url };
    const results = await conformance({ ...example, ...addresses, callback: null });
    expect(results.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)).toEqual([
      'tags',
    ]);
  });

  it.each([
    ['README.md', []],
    ['README.zh-CN.md', ['--zh']],
  ])('are listed with every fact in %s', async (file, flags) => {
    const list = await promisify(execFile)(process.execPath, [RUN, '--list', ...flags]);
    const readme = readFileSync(`${FOLDER}/${file}`, 'utf8');
    expect(readme).toContain(`<!-- facts -->\n${list.stdout.trim()}\n<!-- /facts -->`);
  });
});
