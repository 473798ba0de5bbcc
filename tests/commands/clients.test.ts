import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openStage, type Stage } from '../../commands/administration/stage.ts';
import { add } from '../../commands/clients/add.ts';
import { run } from '../../commands/clients/run.ts';
import type { Work } from '../../commands/clients/work.ts';
import { newSessionKey } from '../../commands/sessionKeys/rotation.ts';
import { ClientStore } from '../../lib/administration/clientStore.ts';
import { type Client, findClient, hashClientSecret, hasSecret } from '../../lib/openid/clients.ts';
import { createProvider } from '../../lib/openid/provider.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import { auditPartition, clientKey, clientPartition } from '../../lib/tableKeys.ts';
import { APP, PERMISSION_TABLE, startTables, type Tables } from '../harness/tables.ts';

const NOW = Date.parse('2026-06-01T04:00:00Z');
const HOUR_MS = 60 * 60 * 1_000;
const ME = `local:${userInfo().username}`;
const REDIRECT = 'https://grafana.example.com/login/generic_oauth';
const GRAFANA = ['grafana', '--name', 'Grafana', '--redirect-uri', REDIRECT];

let tables: Tables;
let now: number;
let environment: NodeJS.ProcessEnv;
/** What this machine's name server knows. */
let hosts: Record<string, string[]>;

beforeEach(async () => {
  tables = await startTables();
  now = NOW;
  hosts = {};
  environment = { AWS_ENDPOINT_URL_DYNAMODB: tables.front.url, LANG: 'en_US.UTF-8' };
  return () => tables.close();
});

/** The command as a program has it. */
async function clients(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await run(argv, {
    environment,
    print: (text) => out.push(text),
    warn: (text) => err.push(text),
    lookup: async (host) => {
      const found = hosts[host];
      if (found === undefined) throw new Error('ENOTFOUND');
      return found;
    },
    now: () => now,
    serviceTime: async () => now,
  });
  return { exit, out: out.join('\n'), err: err.join('\n') };
}

async function json(...argv: string[]) {
  return JSON.parse((await clients(...argv, '--json')).out);
}

function stored(clientId: string) {
  return findClient(tables.permissions, APP.corpId, clientId);
}

async function itemsOf(clientId: string) {
  const { items } = await tables.permissions.query(
    auditPartition(APP.corpId, `client#${clientId}`),
  );
  return items;
}

/** The library's own client, which it refuses to make from metadata that it does not like. */
async function inProvider(clientId: string) {
  const key = await newSessionKey();
  const provider = createProvider({
    issuer: 'https://auth.example.com',
    corpId: APP.corpId,
    cacheTable: tables.cache,
    permissionTable: tables.permissions,
    clock: { now: () => now },
    keys: [{ ...key, nbf: 0 }],
    providerSessionSeconds: 3_600,
    sessionAudience: 'wecom-auth',
    findAccount: async () => undefined,
    mayUse: async () => true,
    hasEnded: async () => false,
    hasEndedMeanwhile: async () => false,
    endSession: async () => {},
    account: {
      nameOf: async () => undefined,
      signOutEverywhere: async () => true,
      noteRefusal() {},
    },
    signInAddress: async () => 'https://wecom.example.com/',
    refusedAddress: () => 'https://auth.example.com/',
  });
  return provider.Client.find(clientId);
}

/** What `add` says on a deployed stage, with the local tables. */
async function deployed(address: string | undefined, differences: Partial<Stage> = {}) {
  const stage = {
    ...(await openStage({ stage: 'local' }, environment)),
    egress: 'public',
    ...differences,
  };
  const said: string[] = [];
  const work: Work = {
    options: { stage: 'prod', json: true },
    stage,
    store: new ClientStore({ table: stage.table, corpId: APP.corpId, who: stage.who, now }),
    say: ({ en }) => en,
    commandLine: (words) => `npm run ${words} --stage prod`,
    print: () => undefined,
    warn: (text) => said.push(text),
    lookup: async (host) => {
      const found = hosts[host];
      if (found === undefined) throw new Error('ENOTFOUND');
      return found;
    },
    now,
    clock: { now: () => now },
  };
  await add(
    {
      clientId: 'grafana',
      name: 'Grafana',
      redirectUris: [REDIRECT],
      postLogoutRedirectUris: [],
      backchannelLogoutUri: address,
      isPublic: false,
      permission: 'access',
      groupPaths: false,
      refresh: false,
    },
    work,
  );
  return said.join('\n');
}

describe('add', () => {
  it('shows the secret once, and keeps its hash alone', async () => {
    const { exit, out } = await clients('add', ...GRAFANA);
    expect(exit).toBe(0);
    const [, secret = ''] = /client_secret {2}(\S{43})$/m.exec(out) ?? [];
    expect(out).toContain('client_id      grafana');
    expect(out).toContain('issuer         http://localhost:3000');

    const client = (await stored('grafana')) as Client;
    expect(hasSecret(client, secret, { now: () => now })).toBe(true);
    const { items } = await tables.permissions.query(clientPartition(APP.corpId));
    expect(JSON.stringify([items, await itemsOf('grafana')])).not.toContain(secret);
    const shown = await clients('show', 'grafana');
    expect(shown.out).not.toContain(secret);
    expect(shown.out).not.toContain(hashClientSecret(secret));
  });

  it('prints for programs one object with the id and the secret, and nothing else', async () => {
    const { exit, out, err } = await clients('add', ...GRAFANA, '--json');
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toEqual({
      client_id: 'grafana',
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
    });
    // What the administrator has to know goes beside it.
    expect(err).toContain('Nobody has it yet');
  });

  it('warns on a stage without the OpenID provider', async () => {
    expect(await deployed(undefined, { hasProvider: false })).toContain(
      'Warning: this stage has no OpenID provider',
    );
  });

  it('makes an id where none is given', async () => {
    const { client_id: first } = await json('add', ...GRAFANA.slice(1));
    const { client_id: second } = await json('add', ...GRAFANA.slice(1));
    expect(first).toMatch(/^[\w-]{36}$/);
    expect(second).not.toBe(first);
  });

  it('keeps every setting, and the provider takes the client', async () => {
    const argv = [
      ...GRAFANA,
      '--redirect-uri',
      'http://localhost:8085/auth/callback',
      '--post-logout-redirect-uri',
      'https://grafana.example.com/login',
      '--backchannel-logout-uri',
      'https://grafana.example.com/logout',
      '--permission',
      'grafana',
      '--audience',
      'https://api.example.com',
      '--email-domain',
      'example.com',
      '--group-paths',
      '--refresh',
    ];
    const { client_secret: secret } = await json('add', ...argv);
    expect(await stored('grafana')).toEqual({
      clientId: 'grafana',
      name: 'Grafana',
      redirectUris: [REDIRECT, 'http://localhost:8085/auth/callback'],
      postLogoutRedirectUris: ['https://grafana.example.com/login'],
      backchannelLogoutUri: 'https://grafana.example.com/logout',
      isPublic: false,
      permission: 'grafana',
      audience: 'https://api.example.com',
      emailDomain: 'example.com',
      groupPaths: true,
      refresh: true,
      secrets: [{ hash: hashClientSecret(secret), createdAt: NOW }],
      createdAt: NOW,
      createdBy: ME,
      revision: 1,
    });
    const client = await inProvider('grafana');
    expect(client?.redirectUriAllowed(REDIRECT)).toBe(true);
    expect(client?.redirectUriAllowed(`${REDIRECT}/`)).toBe(false);
    expect(client?.grantTypeAllowed('refresh_token')).toBe(true);
    expect(client?.compareClientSecret(secret)).toBe(true);
    expect(client?.compareClientSecret('another')).toBe(false);
  });

  it('gives a public client no secret, and says whose scripts it lets in', async () => {
    const { exit, out } = await clients(
      'add',
      'spa',
      '--name',
      'Portal',
      '--public',
      '--redirect-uri',
      'https://spa.example.com/callback',
    );
    expect(exit).toBe(0);
    expect(out).not.toContain('client_secret');
    expect(out).toContain('scripts of https://spa.example.com may call the token endpoint');
    expect(await stored('spa')).toMatchObject({ isPublic: true, secrets: [] });
    expect((await inProvider('spa'))?.clientAuthMethod).toBe('none');
  });

  it('gives an app its own scheme, in the provider too', async () => {
    const address = 'com.example.app:/callback';
    expect(
      await json('add', 'app', '--name', 'App', '--public', '--redirect-uri', address),
    ).toEqual({ client_id: 'app' });
    const client = await inProvider('app');
    expect(client?.redirectUriAllowed(address)).toBe(true);
  });

  it('leaves a client of the same id as it is', async () => {
    await clients('add', ...GRAFANA);
    const before = await stored('grafana');
    const again = await clients('add', 'grafana', '--name', 'X', '--redirect-uri', REDIRECT);
    expect(again).toMatchObject({ exit: 5, out: '', err: expect.stringContaining('exists') });
    expect(await stored('grafana')).toEqual(before);
    expect(await itemsOf('grafana')).toHaveLength(1);
  });

  it('lets one of ten administrators at once have the id', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => clients('add', ...GRAFANA)));
    expect(all.map(({ exit }) => exit).sort()).toEqual([0, ...Array(9).fill(5)]);
    expect(await itemsOf('grafana')).toHaveLength(1);
  });

  it('writes nothing where the table does not answer', async () => {
    tables.front.fail('throttled');
    const outcome = await clients('add', ...GRAFANA);
    tables.front.fail(undefined);
    expect(outcome).toMatchObject({ exit: 1, out: '' });
    expect(outcome.err).toContain('npm start');
    expect(await stored('grafana')).toBeUndefined();
  });
});

describe('what members need', () => {
  async function grant(subject: string, permission: string, more: object = {}) {
    const grant = { subject, permission, effect: 'allow', by: 'test', at: NOW, ...more } as const;
    await tables.permissions.put(grantItem(APP.corpId, grant));
  }

  it('is said to be held by nobody, with the command that changes this', async () => {
    await grant('department#2', 'other');
    await grant('tag#1', 'grafana', { effect: 'deny' });
    await grant('tag#2', 'grafana', { until: NOW });
    await grant('member#lisi', 'grafana', { suspendedAt: NOW });
    const { out } = await clients('add', ...GRAFANA, '--permission', 'grafana');
    expect(out).toContain('Members need the permission grafana. Nobody has it yet');
    expect(out).toContain('npm run permissions -- grant department:<id> grafana');
  });

  it('is said to be held by those whom a grant names, also by the wildcard', async () => {
    for (const id of [10, 2, 3, 4, 5]) await grant(`department#${id}`, 'grafana');
    await grant('member#lisi', '*');
    const { out } = await clients('add', ...GRAFANA, '--permission', 'grafana');
    expect(out).toContain(
      'granted to department:2, department:3, department:4, department:5, department:10 and 1 more.',
    );
    expect((await clients('show', 'grafana')).out).toContain('granted to department:2');
  });

  it('is access by default', async () => {
    await grant('everyone', 'access');
    const { out } = await clients('add', ...GRAFANA);
    expect(out).toContain('the permission access. It is granted to everyone.');
    expect(await stored('grafana')).toMatchObject({ permission: 'access' });
  });

  it('is said in Chinese to a Chinese terminal', async () => {
    environment = { ...environment, LANG: 'zh_CN.UTF-8' };
    const { out } = await clients('add', ...GRAFANA);
    expect(out).toContain('成员需要权限 access，目前没有人拥有它');
  });
});

describe('a setting that is not right', () => {
  const base = ['add', 'x', '--name', 'X'];
  const right = [...base, '--redirect-uri', REDIRECT];

  it.each([
    ['no scheme', 'grafana.example.com/callback'],
    ['a path alone', '/callback'],
    ['http elsewhere', 'http://grafana.example.com/callback'],
    ['http on a name that begins with localhost', 'http://localhost.example.com/callback'],
    ['a fragment', 'https://grafana.example.com/#/callback'],
    ['an empty fragment', 'https://grafana.example.com/#'],
    ['a wildcard host', 'https://*.example.com/callback'],
    ['a wildcard path', 'https://grafana.example.com/*'],
    ['a user', 'https://user:pass@grafana.example.com/'],
    ['a user that is empty', 'https://@grafana.example.com/'],
    ['capitals in the host', 'https://Grafana.example.com/'],
    ['the port that https has', 'https://grafana.example.com:443/'],
    ['a way up', 'https://grafana.example.com/a/../callback'],
    ['a backslash', 'https://grafana.example.com\\callback'],
    ['a space', ' https://grafana.example.com/'],
    ['a line break', 'https://grafana.example.com/\ncallback'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['an own scheme of a confidential client', 'com.example.app:/callback'],
    ['too many characters', `https://grafana.example.com/${'x'.repeat(1_000)}`],
  ])('is refused: a redirect address with %s', async (_what, address) => {
    for (const option of ['--redirect-uri', '--post-logout-redirect-uri']) {
      const argv = option === '--redirect-uri' ? base : right;
      const outcome = await clients(...argv, option, address);
      expect(outcome).toMatchObject({ exit: 2, out: '' });
      expect(outcome.err).toContain(option);
    }
    expect(await stored('x')).toBeUndefined();
  });

  it.each(['myapp:/callback', 'javascript:x', 'file:///x', 'com..app:/x', '.app.x:/x'])(
    'is refused: the scheme of %s for a public client',
    async (address) => {
      const outcome = await clients(...base, '--public', '--redirect-uri', address);
      expect(outcome.exit).toBe(2);
    },
  );

  it.each([
    ['the audience of sessions', ['--audience', 'wecom-auth']],
    ['an audience that is no URI', ['--audience', 'orders']],
    ['an audience with a fragment', ['--audience', 'https://api.example.com/#x']],
    ['an e-mail domain with a scheme', ['--email-domain', 'https://example.com']],
    ['an e-mail domain with an at', ['--email-domain', '@example.com']],
    ['an e-mail domain of one label', ['--email-domain', 'localhost']],
    ['an e-mail domain in capitals', ['--email-domain', 'Example.com']],
    ['the wildcard as permission', ['--permission', '*']],
    ['a permission in capitals', ['--permission', 'Grafana']],
    ['a logout address without https', ['--backchannel-logout-uri', 'http://a.example.com/']],
    ['a logout address with a fragment', ['--backchannel-logout-uri', 'https://a.example.com/#']],
    ['an option of another command', ['--now']],
    ['an option that is not there', ['--redirect']],
  ])('is refused: %s', async (_what, argv) => {
    expect(await clients(...right, ...argv)).toMatchObject({ exit: 2, out: '' });
    expect(await stored('x')).toBeUndefined();
  });

  it.each([
    ['no name', ['add', 'x', '--redirect-uri', REDIRECT]],
    ['a name with a control character', ['add', '--name', 'a\nb', '--redirect-uri', REDIRECT]],
    ['no redirect address', base],
    ['an id with a separator', ['add', 'a#b', '--name', 'X', '--redirect-uri', REDIRECT]],
    ['the audience of sessions as id', ['add', 'wecom-auth', ...right.slice(2)]],
    ['21 redirect addresses', [...base, ...Array(21).fill(['--redirect-uri', REDIRECT]).flat()]],
    ['two ids', [...right, 'y']],
    ['a command that is not there', ['ad', 'x']],
    ['no id to show', ['show']],
  ])('is refused: %s', async (_what, argv) => {
    expect(await clients(...argv)).toMatchObject({ exit: 2, out: '' });
  });

  it('is refused, or the provider takes it', async () => {
    const address = fc
      .tuple(
        fc.constantFrom('https://', 'http://', 'HTTPS://', 'com.example.app:/', 'a.b://', 'urn:'),
        fc.constantFrom(
          'localhost',
          '127.0.0.1',
          '[::1]',
          'example.com',
          'Example.com',
          '中.cn',
          '',
        ),
        fc.constantFrom('', ':80', ':443', ':8443', '.', '@x.com'),
        fc.constantFrom(
          '',
          '/',
          '/a',
          '/a?b=c',
          '/a b',
          '/../a',
          '/%2f',
          '/{x}',
          '/#',
          '?',
          '\\\\x',
        ),
      )
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(address, address, fc.boolean(), async (first, second, isPublic) => {
        const argv = ['--name', 'X', '--redirect-uri', first, '--redirect-uri', second];
        const { exit, out } = await clients(
          'add',
          ...argv,
          ...(isPublic ? ['--public'] : []),
          '--json',
        );
        expect([0, 2]).toContain(exit);
        if (exit === 2) return;
        const client = await inProvider(JSON.parse(out).client_id);
        expect(client?.redirectUriAllowed(first)).toBe(true);
      }),
      {
        numRuns: 100,
        examples: [
          ['https://example.com', 'http://localhost/', true],
          ['com.example.app:/', 'https://localhost/', true],
          ['com.example.app:/', 'http://[::1]:80/', true],
        ],
      },
    );
  }, 120_000);
});

describe('the address of logout tokens', () => {
  const argv = ['add', ...GRAFANA, '--stage', 'prod', '--table', PERMISSION_TABLE];
  const to = (address: string) => [...argv, '--region', 'x', '--backchannel-logout-uri', address];

  it('may be loopback on the local stage alone', async () => {
    const address = 'http://127.0.0.1:8080/logout';
    const local = await clients('add', ...GRAFANA, '--backchannel-logout-uri', address);
    expect(local).toMatchObject({ exit: 0 });
  });

  it.each([
    'http://127.0.0.1/logout',
    'https://localhost/logout',
    'https://x.localhost/logout',
    'https://127.1/logout',
    'https://2130706433/logout',
    'https://[::1]/logout',
    'https://[::ffff:127.0.0.1]/logout',
    'https://0.0.0.0/logout',
    'https://169.254.169.254/logout',
    'https://[fe80::1]/logout',
    'https://[fd00:ec2::254]/logout',
  ])('is refused on a deployed stage: %s', async (address) => {
    expect(await clients(...to(address))).toMatchObject({ exit: 2, out: '' });
  });

  it('is refused where its name resolves to loopback or link-local', async () => {
    hosts = { 'a.example.com': ['203.0.113.1', '127.0.0.2'], 'b.example.com': ['fe80::1'] };
    for (const host of Object.keys(hosts)) {
      await expect(deployed(`https://${host}/logout`)).rejects.toThrow('loopback');
    }
    expect(await stored('grafana')).toBeUndefined();
  });

  it('is taken with a warning on another port where functions leave by 443 alone', async () => {
    hosts = { 'grafana.example.com': ['203.0.113.1'] };
    const address = 'https://grafana.example.com:8443/logout?key=secret';
    const said = await deployed(address, { egress: 'fixed' });
    expect(said).toMatch(
      /^Warning: https:\/\/grafana\.example\.com:8443 .*egress: fixed.*443 only/m,
    );
    expect(said).not.toContain('secret');
    expect(await stored('grafana')).toMatchObject({ backchannelLogoutUri: address });
  });

  it.each([
    ['https://grafana.example.com/logout', 'fixed'],
    ['https://grafana.example.com:8443/logout', 'public'],
  ])('is taken without one: %s with egress: %s', async (address, egress) => {
    hosts = { 'grafana.example.com': ['203.0.113.1'] };
    expect(await deployed(address, { egress })).not.toContain('grafana.example.com');
  });

  it('is taken with a warning where only the intranet reaches it', async () => {
    hosts = { 'grafana.example.com': ['10.1.2.3'] };
    const said = await deployed('https://grafana.example.com/logout');
    expect(said).toContain('only the intranet reaches grafana.example.com');
    expect(said).toContain('--stage prod');
  });

  it('is taken with a warning where it is an address of the intranet', async () => {
    expect(await deployed('https://192.168.1.2/logout')).toContain('only the intranet');
  });

  it('is taken with a warning where this machine does not know the name', async () => {
    expect(await deployed('https://grafana.example.com/logout')).toContain('was not checked');
  });

  it('is taken without a word where the internet reaches it', async () => {
    hosts = { 'grafana.example.com': ['203.0.113.1'] };
    expect(await deployed('https://grafana.example.com/logout')).not.toContain('Warning');
  });
});

describe('rotate-secret', () => {
  const clock = { now: () => now };
  async function works(secret: string) {
    return hasSecret((await stored('grafana')) as Client, secret, clock);
  }

  it('lets the old secret work for a day', async () => {
    const { client_secret: first } = await json('add', ...GRAFANA);
    now += HOUR_MS;
    const rotated = await json('rotate-secret', 'grafana');
    expect(rotated).toEqual({
      client_id: 'grafana',
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
      old_secret_expires_at: '2026-06-02T05:00:00.000Z',
    });
    now += 24 * HOUR_MS - 1;
    expect(await works(first)).toBe(true);
    expect((await inProvider('grafana'))?.compareClientSecret(first)).toBe(true);
    now += 1;
    expect(await works(first)).toBe(false);
    expect(await works(rotated.client_secret)).toBe(true);
  });

  it('keeps the old secret for as long as it is told', async () => {
    const { client_secret: first } = await json('add', ...GRAFANA);
    await clients('rotate-secret', 'grafana', '--keep-hours', '2');
    now += 2 * HOUR_MS - 1;
    expect(await works(first)).toBe(true);
    now += 1;
    expect(await works(first)).toBe(false);
  });

  it('ends the old secret at once with --now', async () => {
    const { client_secret: first } = await json('add', ...GRAFANA);
    const { out } = await clients('rotate-secret', 'grafana', '--now');
    expect(out).toContain('The old secret no longer works.');
    expect(await works(first)).toBe(false);
    expect((await stored('grafana'))?.secrets).toHaveLength(1);
  });

  it('breaks no promise of an earlier rotation unless told to', async () => {
    const { client_secret: first } = await json('add', ...GRAFANA);
    const { client_secret: second } = await json('rotate-secret', 'grafana');
    now += HOUR_MS;
    const refused = await clients('rotate-secret', 'grafana');
    expect(refused).toMatchObject({ exit: 4, out: '' });
    expect(refused.err).toContain('2026-06-02 12:00');
    expect([await works(first), await works(second)]).toEqual([true, true]);

    const { client_secret: third } = await json('rotate-secret', 'grafana', '--now');
    expect([await works(first), await works(second), await works(third)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('keeps two secrets at most', async () => {
    await clients('add', ...GRAFANA);
    for (let day = 0; day < 3; day += 1) {
      expect(await clients('rotate-secret', 'grafana')).toMatchObject({ exit: 0 });
      expect((await stored('grafana'))?.secrets).toHaveLength(2);
      now += 24 * HOUR_MS;
    }
  });

  it('lets one of two administrators at once rotate', async () => {
    await clients('add', ...GRAFANA);
    const both = await Promise.all([
      clients('rotate-secret', 'grafana', '--now', '--json'),
      clients('rotate-secret', 'grafana', '--now', '--json'),
    ]);
    const shown = both.filter(({ exit }) => exit === 0);
    // Where the second read after the first wrote, both are done, one after the other.
    expect(shown.length).toBeGreaterThan(0);
    for (const { exit, out } of both) expect(exit === 0 || (exit === 5 && out === '')).toBe(true);
    expect((await stored('grafana'))?.revision).toBe(1 + shown.length);
    expect(await itemsOf('grafana')).toHaveLength(1 + shown.length);
  });

  it('has nothing to do for a public client or one that is not there', async () => {
    await clients('add', 'spa', '--name', 'P', '--public', '--redirect-uri', REDIRECT);
    expect(await clients('rotate-secret', 'spa')).toMatchObject({ exit: 2 });
    expect(await clients('rotate-secret', 'nobody')).toMatchObject({ exit: 3 });
  });

  it.each([
    ['--keep-hours', '0'],
    ['--keep-hours', '721'],
    ['--keep-hours', '1.5'],
    ['--now', '--keep-hours', '1'],
  ])('refuses %s %s %s', async (...argv) => {
    await clients('add', ...GRAFANA);
    const given = argv.filter((each) => each !== undefined);
    expect(await clients('rotate-secret', 'grafana', ...given)).toMatchObject({ exit: 2 });
  });
});

describe('a change that somebody else was quicker with', () => {
  function store() {
    return new ClientStore({
      table: tables.permissions,
      corpId: APP.corpId,
      who: async () => 'somebody',
      now,
    });
  }

  it('is not made, and leaves no audit line', async () => {
    await clients('add', ...GRAFANA);
    const seen = (await stored('grafana')) as Client;
    await clients('rotate-secret', 'grafana');
    const after = await stored('grafana');
    expect(await store().replaceSecrets(seen, [], undefined)).toBe('conflict');
    expect(await store().remove('grafana', seen)).toBe('conflict');
    expect(await stored('grafana')).toEqual(after);
    expect((await itemsOf('grafana')).map(({ by }) => by)).toEqual([ME, ME]);
  });

  it('is made where it was its own: the answer was lost, and the request sent again', async () => {
    await clients('add', ...GRAFANA);
    const { revision, createdAt, createdBy, ...settings } = (await stored('grafana')) as Client;
    expect([revision, createdAt, createdBy]).toEqual([1, NOW, ME]);
    const mine = new ClientStore({
      table: tables.permissions,
      corpId: APP.corpId,
      who: async () => ME,
      now,
    });
    expect(await mine.add(settings)).toBe('done');
    expect(await mine.add({ ...settings, name: 'Another' })).toBe('conflict');
    const seen = (await stored('grafana')) as Client;
    expect(await mine.remove('grafana', seen)).toBe('done');
    expect(await mine.remove('grafana', seen)).toBe('done');
  });
});

describe('remove', () => {
  it('removes a client, of which the provider then knows nothing', async () => {
    await clients('add', ...GRAFANA);
    expect(await clients('remove', 'grafana')).toMatchObject({ exit: 0 });
    expect(await inProvider('grafana')).toBeUndefined();
    expect(await clients('remove', 'grafana')).toMatchObject({ exit: 3 });
  });

  it('removes one that cannot be read, which list names beside the others', async () => {
    await clients('add', ...GRAFANA);
    await tables.permissions.put({ ...clientKey(APP.corpId, 'old'), name: 'from elsewhere' });
    const listed = await clients('list');
    expect(listed).toMatchObject({ exit: 0, err: expect.stringContaining('old cannot be read') });
    expect(listed.out).toContain('grafana');
    expect(await clients('show', 'old')).toMatchObject({ exit: 1 });
    expect(await clients('rotate-secret', 'old')).toMatchObject({ exit: 1 });
    expect(await clients('remove', 'old')).toMatchObject({ exit: 0 });
    expect((await json('list')).unreadable).toEqual([]);
  });
});

describe('list and show', () => {
  it('show what is registered, and who changed it', async () => {
    expect((await clients('list')).out).toBe('There are no clients.');
    await clients('add', ...GRAFANA);
    now += HOUR_MS;
    await clients('rotate-secret', 'grafana');
    expect(await json('list')).toMatchObject({
      clients: [{ client_id: 'grafana', client_name: 'Grafana', redirect_uris: [REDIRECT] }],
      unreadable: [],
    });
    const { client, history } = await json('show', 'grafana');
    expect(client.secrets).toEqual([
      { created_at: '2026-06-01T04:00:00.000Z', expires_at: '2026-06-02T05:00:00.000Z' },
      { created_at: '2026-06-01T05:00:00.000Z' },
    ]);
    expect(history).toMatchObject([
      { at: '2026-06-01T04:00:00.000Z', by: ME, action: 'added', client: { name: 'Grafana' } },
      { by: ME, action: 'secret-rotated', old_secret_expires_at: '2026-06-02T05:00:00.000Z' },
    ]);
    const { out } = await clients('show', 'grafana');
    expect(out).toContain(`redirect URI: ${REDIRECT}`);
    expect(out).toMatch(/│ 2026-06-01 13:00 │ \S+ │ secret rotated │/);
  });

  it('show the changes of a client that was removed', async () => {
    await clients('add', ...GRAFANA);
    now += HOUR_MS;
    await clients('remove', 'grafana');
    const gone = await clients('show', 'grafana');
    expect(gone.exit).toBe(3);
    expect(gone.out).toMatch(/added[\s\S]*removed/);
  });
});

describe('the command', () => {
  it('explains itself in both languages', async () => {
    for (const LANG of ['zh_CN.UTF-8', 'C']) {
      environment = { ...environment, LANG };
      const { exit, out } = await clients('--help');
      expect(exit).toBe(0);
      for (const option of ['--redirect-uri', '--keep-hours', '--email-domain']) {
        expect(out).toContain(option);
      }
    }
  });

  it('refuses a stage that has no file before anything is asked', async () => {
    const outcome = await clients('list', '--stage', 'pord');
    expect(outcome).toMatchObject({ exit: 2, err: expect.stringContaining('no stage pord') });
    expect(tables.front.requests).toEqual([]);
  });

  it('runs as a process, with nothing but JSON on standard output', async () => {
    const env = { ...environment, PATH: process.env['PATH'] };
    const argv = [resolve('commands/clients.ts'), 'add', ...GRAFANA, '--json'];
    const out = await new Promise<string>((settle, fail) => {
      execFile(process.execPath, argv, { env }, (error, stdout) =>
        error ? fail(error) : settle(stdout),
      );
    });
    expect(JSON.parse(out)).toMatchObject({ client_id: 'grafana' });
  });
});
