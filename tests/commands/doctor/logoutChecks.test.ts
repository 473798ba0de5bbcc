import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { checkLogoutAddresses } from '../../../commands/doctor/logoutChecks.ts';
import { openTarget, type Target } from '../../../commands/doctor/target.ts';
import { saveClient } from '../../../lib/openid/clients.ts';
import { clientKey } from '../../../lib/tableKeys.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const { corpId } = APP;
const HOSTS: Readonly<Record<string, string[]>> = {
  'public.example.com': ['203.0.113.1'],
  'private.example.com': ['10.1.2.3'],
  'both.example.com': ['10.1.2.3', '203.0.113.1'],
  'rebound.example.com': ['127.0.0.1'],
};

let tables: Tables;
let target: Target;

beforeAll(async () => {
  tables = await startTables();
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', tables.front.url);
  return async () => {
    vi.unstubAllEnvs();
    await tables.close();
  };
});
beforeEach(() => {
  const opened = openTarget({ stage: 'local' }, process.env);
  target = { ...opened, local: false };
});

/** The check on a deployed stage that has these clients, `{ id: address }`. */
async function check(
  clients: Readonly<Record<string, string | undefined>>,
  parameters: Readonly<Record<string, string>> = {},
) {
  for (const [clientId, backchannelLogoutUri] of Object.entries(clients)) {
    const client = {
      clientId,
      name: clientId,
      redirectUris: ['https://app.example.com/callback'],
      postLogoutRedirectUris: [],
      ...(backchannelLogoutUri !== undefined && { backchannelLogoutUri }),
      isPublic: false,
      permission: 'access',
      groupPaths: false,
      refresh: false,
      secrets: [],
      createdAt: 0,
      createdBy: 'local:admin',
      revision: 1,
    };
    await saveClient(tables.permissions, corpId, client, undefined);
  }
  const lookup = async (host: string) => {
    const found = HOSTS[host];
    if (found === undefined) throw new Error('ENOTFOUND');
    return found;
  };
  const stage = { ...target.parameters, egress: 'public', logoutReach: 'public', ...parameters };
  const findings = await checkLogoutAddresses({ ...target, parameters: stage }, lookup);
  for (const id of Object.keys(clients)) await tables.permissions.delete(clientKey(corpId, id));
  return findings;
}

it('counts the applications that are told of sign-outs', async () => {
  const clients = {
    grafana: 'https://public.example.com/logout',
    gitlab: 'https://both.example.com/logout',
    vault: undefined,
  };
  expect(await check(clients)).toMatchObject([
    {
      check: 'logout-addresses',
      outcome: 'ok',
      what: { en: '2 of 3 applications are told of sign-outs', zh: '3 个应用中有 2 个会得知退出' },
    },
  ]);
});

it.each([
  ['https://private.example.com', {}, 'public'],
  ['https://10.1.2.3', {}, 'public'],
  ['https://rebound.example.com', { logoutReach: 'private' }, 'private'],
])(
  'names an application to whose address nothing is sent: %s',
  async (origin, parameters, reach) => {
    const findings = await check(
      { grafana: `${origin}/logout?key=secret`, vault: undefined },
      parameters,
    );
    expect(findings).toMatchObject([
      {
        check: 'logout-addresses',
        outcome: 'warning',
        what: {
          en: `grafana: ${origin} is outside of logoutReach: ${reach}`,
          zh: `grafana：${origin} 不在 logoutReach: ${reach} 的范围内`,
        },
        remedy: { en: expect.stringContaining('logoutReach') },
      },
    ]);
  },
);

it('takes private addresses where the stage sends there', async () => {
  const clients = { grafana: 'https://private.example.com/logout' };
  expect(await check(clients, { logoutReach: 'private' })).toMatchObject([{ outcome: 'ok' }]);
});

it('names an application on another port where functions leave by 443 alone', async () => {
  const clients = { grafana: 'https://public.example.com:8443/logout' };
  expect(await check(clients, { egress: 'fixed' })).toMatchObject([
    { outcome: 'warning', what: { en: expect.stringMatching(/8443.*egress: fixed.*443/) } },
  ]);
  expect(await check(clients)).toMatchObject([{ outcome: 'ok' }]);
});

it('says which hosts this machine does not know', async () => {
  expect(await check({ grafana: 'https://nobody.example.com/logout' })).toMatchObject([
    { outcome: 'unknown', what: { en: expect.stringContaining('nobody.example.com') } },
  ]);
});

it('asks nothing of a stage without the provider', async () => {
  const clients = { grafana: 'https://private.example.com/logout' };
  expect(await check(clients, { openidProvider: 'false' })).toEqual([]);
});

it('says that it could not read the clients', async () => {
  tables.front.fail('throttled');
  const findings = await checkLogoutAddresses(target, async () => []);
  tables.front.fail(undefined);
  expect(findings).toMatchObject([{ check: 'logout-addresses', outcome: 'unknown' }]);
});
