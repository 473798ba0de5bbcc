import * as oidc from 'openid-client';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/personChanges.ts';
import { createHandler as createPublishEvents } from '../../functions/publishEvents.ts';
import { createHandler as createSignOuts } from '../../functions/signOuts.ts';
import { systemClock } from '../../lib/clock.ts';
import { nameTag } from '../../lib/directory/directoryRecord.ts';
import { newGrantId, writeGrant } from '../../lib/openid/signIns.ts';
import { endEverythingOf } from '../../lib/openid/signOutWork.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import { subOf } from '../../lib/permissions/person.ts';
import { notePersonChange } from '../../lib/permissions/personChange.ts';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { Browser } from '../harness/browser.ts';
import { envelope, eventXml, pushQuery, seal } from '../harness/callbackRequest.ts';
import { consoleOf, sessionOf } from '../harness/console.ts';
import type { DynamoDbInput } from '../harness/dynamoDbFront.ts';
import { contextOf } from '../harness/gateway.ts';
import { begin, proof, redeem } from '../harness/journey.ts';
import {
  CLIENT_ID,
  CLIENT_REDIRECT,
  CLIENT_SECRET,
  discover,
  registerClient,
  signInByBrowser,
} from '../harness/openidSignIn.ts';
import { permit } from '../harness/permit.ts';
import {
  createHandlers,
  DOMAIN_PROOF,
  EVENT_BUS,
  REDIRECT_URI,
  type Stack,
  startStack,
} from '../harness/stack.ts';
import { allows } from './policy.ts';
import { ofType, render, type Template } from './render.ts';
import { statements } from './statements.ts';

const HOUR = 3_600_000;
/** The end of its ARN: the roles do not refer to the table, which is made last. */
const PERMISSION_TABLE = ':table/wecom-auth-prod-permissions"';
/** The end of that of its index. */
const LISTS = ':table/wecom-auth-prod-permissions/index/lists"';

let stack: Stack;
let template: Template;
/** How far the clock is ahead: what was stored before is then out of date. */
let ahead = 0;
const realNow = Date.now;

beforeAll(async () => {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  template = await render('provider');
}, 200_000);

function roleOf(name: string) {
  const role = `${name.charAt(0).toUpperCase()}${name.slice(1)}Role`;
  const { Roles } = template.Resources['SendEventsPolicy']?.Properties ?? {};
  const sends = (Roles as { Ref: string }[]).some(({ Ref }) => Ref === role);
  // With what other files add to it.
  const others = [`${role}SignOuts`, ...(sends ? ['SendEventsPolicy'] : [])];
  return statements(template).filter(({ owner }) => owner === role || others.includes(owner));
}

/** What a function's role allows beyond its own log: `action on what`. */
function allowed(name: string): string[] {
  const each = roleOf(name)
    .filter(({ actions }) => /^(dynamodb|events|lambda|sqs|ssm):/.test(actions[0] ?? ''))
    // Lambda itself keeps the dead letters.
    .filter(({ resources }) => !/DeadLetters/.test(resources.join()))
    .flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${action} on ${nameOf(resource)}`)),
    );
  return [...new Set(each)].sort();
}

function nameOf(resource: string): string {
  if (resource.includes(PERMISSION_TABLE)) return 'PermissionTable';
  if (resource.includes(LISTS)) return 'Lists';
  const known = /(CacheTable|personChanges|signOuts|EventQueue|event-bus)/.exec(resource)?.[1];
  return known ?? resource.replace(/.*\/|"}$/g, '');
}

/** What the resource of a statement has of the table. */
function tableOf({ input }: DynamoDbInput): string {
  if (JSON.stringify(input).includes('wecom-auth-local-cache')) return 'CacheTable';
  return input['IndexName'] === undefined ? PERMISSION_TABLE : LISTS;
}

/** What the function asks of AWS while the work is done. Each request as it is passes its role. */
async function asked(name: string, work: () => Promise<unknown>): Promise<string[]> {
  const { inputs } = stack.dynamoDb;
  const callsBefore = stack.ssm.calls.length;
  const [inputsBefore, eventsBefore] = [inputs.length, stack.lambda.events.length];
  const messagesBefore = stack.eventQueue.requests.length;
  await work();
  for (const each of inputs.slice(inputsBefore)) {
    const passes = allows(roleOf(name), tableOf(each), each);
    expect(passes, `${name} may not send ${JSON.stringify(each)}`).toBe(true);
  }
  await stack.handedOver.settled();
  await stack.eventQueue.settled();
  const messages = stack.eventQueue.requests.length > messagesBefore;
  // SQS invokes publishEvents.
  const handedOver = stack.lambda.events
    .slice(eventsBefore)
    .map(({ name }) => name)
    .filter((name) => !name.endsWith('-publishEvents'));
  const tables = inputs
    .slice(inputsBefore)
    .map((each) => `dynamodb:${each.operation} on ${nameOf(tableOf(each))}`);
  const parameters = stack.ssm.calls
    .slice(callsBefore)
    .flatMap(({ operation, names }) =>
      names.map((name) => `ssm:${operation} on ${name.split('/').at(-1)}`),
    );
  const functions = handedOver.map(
    (each) => `lambda:InvokeFunction on ${each.replace('wecom-auth-local-', '')}`,
  );
  if (messages) functions.push('sqs:SendMessage on EventQueue');
  return [...new Set([...tables, ...parameters, ...functions])].sort();
}

/** A fresh instance, for which nothing that was remembered counts any more. */
async function fresh(): Promise<string> {
  ahead += 25 * HOUR;
  return (await stack.newInstance(stack.withBus)).url;
}

/** The same with the provider, whose issuer is the instance. */
async function freshProvider(): Promise<string> {
  ahead += 25 * HOUR;
  const instance = await stack.newInstance(stack.withBus);
  instance.environment['SESSION_ISSUER'] = instance.url;
  const app = stack.wecom.company.apps.find(({ agentid }) => agentid === 1000002);
  app?.trusted_domains.push(new URL(instance.url).host);
  return instance.url;
}

const post = (url: string, body: string) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body });

describe("a role allows what its function's code asks, and nothing else:", () => {
  beforeEach(async () => {
    ahead = 0;
    stack = await startStack();
  });

  it('authorize', async () => {
    const url = await fresh();
    expect(await asked('authorize', () => begin(url))).toEqual(allowed('authorize'));
  });

  it('getUserInfo', async () => {
    const url = await fresh();
    const mine = await proof(url);
    expect(
      await asked('getUserInfo', async () => {
        const { status } = await redeem(url, mine);
        expect(status).toBe(200);
        // The second of two equal sign-ins looks for the end of the first.
        const other = (await stack.newInstance()).url;
        expect((await redeem(other, mine)).status).toBe(200);
      }),
    ).toEqual(allowed('getUserInfo'));
  });

  it('verify', async () => {
    await nameTag(stack.permissions, corpId(), 1);
    const url = await fresh();
    const { body } = await redeem(url, await proof(url));
    const authorization = `Bearer ${body.session?.access_token}`;
    expect(
      await asked('verify', async () => {
        const session = (await stack.newInstance({ VERIFY_ACCESS: 'session' })).url;
        const answer = await fetch(`${session}/api/wecom/verify/user123`, {
          headers: { authorization },
        });
        expect(answer.status).toBe(200);
        // Token and membership are out of date: one asks WeCom, the other waits for it.
        const open = await Promise.all([fresh(), fresh()]);
        stack.wecom.faults.add({ kind: 'slow', ms: 200, times: 2 });
        await Promise.all(open.map((each) => fetch(`${each}/api/wecom/verify/user123`)));
      }),
    ).toEqual(allowed('verify'));
  });

  it('jssdk', async () => {
    const url = await fresh();
    const page = encodeURIComponent(REDIRECT_URI);
    expect(
      await asked('jssdk', async () => {
        const answer = await fetch(`${url}/api/wecom/jssdk?url=${page}`);
        expect(answer.status).toBe(200);
      }),
    ).toEqual(allowed('jssdk'));
  });

  it('callback', async () => {
    const url = await fresh();
    const corpId = stack.wecom.company.corpid;
    const push = async (channel: 'app' | 'contacts', fields: Record<string, string>) => {
      const { token, encodingAESKey } = FIXTURE_KEYS[channel];
      const account = { token, encodingAesKey: encodingAESKey, receiveId: corpId };
      const sealed = seal(account, eventXml(corpId, { ...fields }), Date.now());
      const address = `${url}/api/wecom/callback/${channel}?${pushQuery(sealed)}`;
      return () => post(address, envelope(sealed, corpId)).then(({ status }) => status);
    };
    // Whoever has signed in to an application is signed out of it.
    await subOf({ table: stack.permissions, corpId }, 'zhaoliu', Date.now());
    const leave = await push('app', { FromUserName: 'user123', Event: 'unsubscribe' });
    const tag = await push('contacts', {
      FromUserName: 'sys',
      Event: 'change_contact',
      ChangeType: 'update_tag',
      TagId: '1',
    });
    const change = (ChangeType: string, fields: Record<string, string>) =>
      push('contacts', { FromUserName: 'sys', Event: 'change_contact', ChangeType, ...fields });
    const persons = [
      await change('create_user', { UserID: 'newcomer' }),
      await change('create_user', { UserID: 'user123' }),
      await change('delete_user', { UserID: 'user123' }),
      await change('update_user', { UserID: 'wujiu', NewUserID: 'wujiu9' }),
      await change('update_user', { UserID: 'zhaoliu' }),
      await change('create_party', { Id: '77' }),
    ];
    expect(
      await asked('callback', async () => {
        // An effect that cannot be had: the claim to it is given back.
        const record = stack.dynamoDb.requests;
        record.push = (line) => {
          stack.dynamoDb.fail(line === `UpdateItem ${PERMISSIONS}` ? 'throttled' : undefined);
          return Array.prototype.push.call(record, line);
        };
        stack.lambda.isBroken = true;
        expect(await leave()).toBe(500);
        Reflect.deleteProperty(record, 'push');
        stack.dynamoDb.fail(undefined);
        expect(await leave()).toBe(200);
        expect(await leave()).toBe(200);
        expect(await tag()).toBe(200);
        for (const change of persons) expect(await change()).toBe(200);
        await stack.handedOver.settled();
        stack.lambda.isBroken = false;
      }),
    ).toEqual(allowed('callback'));
  });

  it('personChanges', async () => {
    await stack.permissions.put({ ...grant('user123', 'report:read'), effect: 'deny' });
    await stack.permissions.put(grant('user123', 'access'));
    const table = stack.permissions;
    const at = (id: string) => ({ id, createdAt: Date.now() });
    await notePersonChange(
      table,
      corpId(),
      { kind: 'left', userid: 'user123', ...at('1') },
      Date.now(),
    );
    // Another member, who leaves for good.
    await subOf({ table, corpId: corpId() }, 'sunba', 0);
    const leaver = { kind: 'left', userid: 'sunba', ...at('3') } as const;
    await notePersonChange(table, corpId(), leaver, Date.now());
    stack.lambda.isBroken = true;
    const rename = {
      kind: 'renamed',
      userid: 'user123',
      newUserid: 'user124',
      ...at('2'),
    } as const;
    await notePersonChange(table, corpId(), rename, Date.now());
    const handler = createHandler({ ...stack.environment, ...stack.withBus });
    const requests = await asked('personChanges', () =>
      handler({ userids: ['user123', 'sunba'] }, contextOf()),
    );
    stack.lambda.isBroken = false;
    expect(requests).toEqual(allowed('personChanges'));
  });

  it('publishEvents', async () => {
    const { requests } = stack.eventBridge;
    const before = requests.length;
    const detail = { version: '1', id: 'x', time: new Date().toISOString() };
    const body = JSON.stringify({ type: 'MemberLeft', detail });
    const event = { Records: [{ messageId: '1', body }] };
    const handler = createPublishEvents({ ...stack.environment, EVENT_BUS });
    expect(await asked('publishEvents', () => handler(event, contextOf()))).toEqual([]);
    const sent = requests.slice(before).map((each) => `events:${each} on event-bus`);
    // What Lambda does for the function (AWS Lambda developer guide, "Using Lambda with Amazon SQS").
    const polling = ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'];
    const queue = polling.map((each) => `sqs:${each} on EventQueue`);
    expect([...new Set(sent), ...queue].sort()).toEqual(allowed('publishEvents'));
  });

  it('openid', async () => {
    await nameTag(stack.permissions, corpId(), 1);
    await registerClient(stack.permissions, corpId());
    await permit(stack, 'member#user123');
    const url = await freshProvider();
    const configuration = await discover(url);
    const browser = new Browser();
    expect(
      await asked('openid', async () => {
        await signInByBrowser(configuration, browser, stack.wecom.url);
        // The session leads to the next sign-in. Its member's membership is out of date by then.
        ahead += 2 * HOUR;
        await signInByBrowser(configuration, browser, stack.wecom.url);
        // Somebody who may not use the client.
        const refused = await signInByBrowser(
          configuration,
          new Browser(),
          stack.wecom.url,
          'lisi',
        );
        expect(refused.address.searchParams.get('error')).toBe('access_denied');
        stack.lambda.isBroken = true;
        const page = await browser.visit(`${url}/oauth2/logout`);
        const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
        const ended = await browser.visit(`${url}/oauth2/logout/confirm`, {
          method: 'POST',
          body: new URLSearchParams({ xsrf, logout: 'yes' }),
        });
        expect(ended.status).toBe(303);
        await stack.handedOver.settled();
        stack.lambda.isBroken = false;
      }),
    ).toEqual(allowed('openid'));
  });

  it('openidToken', async () => {
    await nameTag(stack.permissions, corpId(), 1);
    await registerClient(stack.permissions, corpId());
    await permit(stack, 'member#user123');
    const url = await freshProvider();
    const configuration = await discover(url);
    const browser = new Browser();
    const { address, checks } = await signInByBrowser(configuration, browser, stack.wecom.url);
    const later = await stack.newInstance({ SESSION_ISSUER: url });
    const laterConfiguration = new oidc.Configuration(
      {
        issuer: url,
        token_endpoint: `${later.url}/oauth2/token`,
        jwks_uri: `${url}/.well-known/jwks.json`,
      },
      CLIENT_ID,
      {},
      oidc.ClientSecretBasic(CLIENT_SECRET),
    );
    oidc.allowInsecureRequests(laterConfiguration);
    const requests = await asked('openidToken', async () => {
      const tokens = await oidc.authorizationCodeGrant(configuration, address, checks);
      await oidc.fetchUserInfo(configuration, tokens.access_token, 'user123');
      // Token and membership are out of date: the refresh asks WeCom, and gettoken before.
      ahead += 2 * HOUR;
      const refreshed = await oidc.refreshTokenGrant(
        laterConfiguration,
        tokens.refresh_token ?? '',
      );
      await oidc.tokenRevocation(configuration, refreshed.access_token);
      // A second use of the code ends what came of it.
      const again = oidc.authorizationCodeGrant(configuration, address, checks);
      await expect(again).rejects.toThrow();
      // A page of a public client asks for its origin.
      const preflight = {
        method: 'OPTIONS',
        headers: { origin: new URL(CLIENT_REDIRECT).origin },
      };
      expect((await fetch(`${url}/oauth2/token`, preflight)).status).toBe(204);
      // A refresh finds that the member has left.
      const next = await signInByBrowser(configuration, new Browser(), stack.wecom.url);
      const last = await oidc.authorizationCodeGrant(configuration, next.address, next.checks);
      stack.wecom.administrator.leave('user123');
      ahead += 2 * HOUR;
      stack.lambda.isBroken = true;
      const refused = oidc.refreshTokenGrant(laterConfiguration, last.refresh_token ?? '');
      await expect(refused).rejects.toThrow();
      await stack.handedOver.settled();
      stack.lambda.isBroken = false;
    });
    // The sign-in among them is one of openid, which sends an event.
    const own = requests.filter((each) => !each.startsWith('sqs:'));
    expect(own).toEqual(allowed('openidToken'));
  });

  it('signOuts', async () => {
    await nameTag(stack.permissions, corpId(), 1);
    await registerClient(stack.permissions, corpId(), {
      clientId: 'told',
      backchannelLogoutUri: 'http://127.0.0.1:9/',
    });
    const store = { table: stack.permissions, corpId: corpId(), clock: systemClock };
    ahead += 2 * HOUR;
    await subOf(store, 'lisi', Date.now());
    for (const clientId of ['told', 'grafana']) {
      const id = newGrantId('lisi', clientId);
      await writeGrant(store, id, { accountId: 'lisi', clientId }, 600);
    }
    const work = (sub: string, isCertain: boolean) =>
      endEverythingOf([sub], { isCertain, at: Date.now() });
    const run = createSignOuts(stack.environment);
    expect(
      await asked('signOuts', async () => {
        // Nothing is known of the member yet, so WeCom is asked.
        await run(work('lisi', false), contextOf());
        await expect(run(work('lisi', true), contextOf())).rejects.toThrow();
      }),
    ).toEqual(allowed('signOuts'));
  });

  /** An administrator, whose membership and whose instance's token are out of date. */
  async function administrator() {
    await nameTag(stack.permissions, corpId(), 1);
    for (const name of ['admin:permissions', 'admin:clients']) {
      await permit(stack, 'member#user123', name);
    }
    ahead += 25 * HOUR;
    const settings = { ...stack.withBus, SESSION_SECONDS: '43200' };
    const token = await sessionOf((await stack.newInstance(settings)).url, 'user123');
    ahead += 3 * HOUR;
    return consoleOf((await stack.newInstance(settings)).url, token);
  }

  it('adminDirectory', async () => {
    const ask = await administrator();
    const routes = [
      'GET /api/admin/me',
      'GET /api/admin/departments',
      'GET /api/admin/departments/2/members',
      'GET /api/admin/members/lisi',
      'GET /api/admin/members/lisi/permissions',
      'GET /api/admin/permissions',
      'GET /api/admin/grants',
      'GET /api/admin/grants?subject=tag:1',
      'GET /api/admin/grants?permission=access',
      'GET /api/admin/grants/csv',
      'GET /api/admin/history',
      'GET /api/admin/history?subject=tag:1',
    ];
    const all = async () => {
      for (const route of routes) expect([route, (await ask(route)).status]).toEqual([route, 200]);
    };
    expect(await asked('adminDirectory', all)).toEqual(allowed('adminDirectory'));
  });

  it('adminPermissions', async () => {
    const ask = await administrator();
    const line = (action: string, subject: string, version: string | null, more = {}) => ({
      ...{ action, subject, permission: 'report:read', version },
      ...more,
    });
    const change = async (...changes: object[]) => {
      const { status, data } = await ask('POST /api/admin/grants', {
        changes,
        accept: ['widens-everyone'],
      });
      expect(status).toBe(200);
      return data.results.map(({ grant }: { grant: { version: string } }) => grant?.version);
    };
    const subjects = ['user:lisi', 'department:6', 'tag:2', 'everyone'];
    expect(
      await asked('adminPermissions', async () => {
        const note = { until: '2099-12-31', note: 'n' };
        const changes = subjects.map((each) => line('grant', each, null, note));
        expect((await ask('POST /api/admin/grants/preview', { changes })).status).toBe(200);
        const granted = await change(...changes);
        const denied = await change(...subjects.map((each, at) => line('deny', each, granted[at])));
        await change(...subjects.map((each, at) => line('revoke', each, denied[at])));
        const own = { ...line('revoke', 'user:user123', null), permission: 'admin:permissions' };
        const { status } = await ask('POST /api/admin/grants/preview', { changes: [own] });
        expect(status).toBe(200);
        // Two at once: the audit line of the second one is taken back.
        const twice = line('grant', 'user:lisi', null);
        await Promise.all([change(twice), change(twice)]);
      }),
    ).toEqual(allowed('adminPermissions'));
  });

  it('adminClients', async () => {
    const ask = await administrator();
    const settings = {
      client_id: 'wiki',
      client_name: 'Wiki',
      redirect_uris: ['https://wiki.mycompany.cn/callback'],
    };
    expect(
      await asked('adminClients', async () => {
        const steps: [string, object?][] = [
          ['POST /api/admin/clients', settings],
          ['GET /api/admin/clients'],
          ['GET /api/admin/clients/wiki'],
          ['POST /api/admin/clients/wiki/secret', { revision: 1 }],
          ['DELETE /api/admin/clients/wiki?revision=2'],
        ];
        for (const [route, body] of steps) {
          expect([route, (await ask(route, body)).status]).toEqual([route, 200]);
        }
      }),
    ).toEqual(allowed('adminClients'));
  });

  it('jwks', async () => {
    const url = await fresh();
    expect(await asked('jwks', () => fetch(`${url}/.well-known/jwks.json`))).toEqual(
      allowed('jwks'),
    );
  });

  it.each([
    ['openidConfiguration', '/.well-known/openid-configuration'],
    ['adminPage', '/admin'],
    ['domainProof', `/WW_verify_${DOMAIN_PROOF}.txt`],
    ['notFound', '/nothing'],
  ])('%s', async (name, path) => {
    const url = await fresh();
    expect(await asked(name, () => fetch(url + path))).toEqual([]);
    expect(allowed(name)).toEqual([]);
  });
});

const corpId = () => stack.wecom.company.corpid;

function grant(userid: string, permission: string) {
  const subject = `member#${userid}`;
  return grantItem(corpId(), { subject, permission, effect: 'allow', by: 'test', at: 0 });
}

describe('grants can be written', () => {
  /** The functions that face the internet: those with a route, but the one that changes grants. */
  const FACING = Object.keys(createHandlers({})).filter((name) => name !== 'adminPermissions');
  const Key = { pk: { S: 'corp#member#user123' }, sk: { S: 'grant#access' } };
  const may = (name: string, operation: string, input: DynamoDbInput['input']) =>
    allows(roleOf(name), PERMISSION_TABLE, { operation, input });

  it('by personChanges, which no route leads to, and by adminPermissions alone', () => {
    const item = { ...Key, effect: { S: 'allow' } };
    expect(may('personChanges', 'PutItem', { Item: item })).toBe(true);
    expect(may('personChanges', 'DeleteItem', { Key })).toBe(true);
    expect(may('adminPermissions', 'PutItem', { Item: item })).toBe(true);
    expect(may('adminPermissions', 'DeleteItem', { Key })).toBe(true);
    for (const name of FACING) {
      expect(may(name, 'PutItem', { Item: item })).toBe(false);
      expect(may(name, 'DeleteItem', { Key })).toBe(false);
    }
    const routed = JSON.stringify(ofType(template, 'AWS::ApiGatewayV2::Integration'));
    expect(routed).toContain('CallbackLambdaFunction');
    expect(routed).not.toMatch(/PersonChanges|PublishEvents/);
  });

  it('but neither memberships nor clients by adminPermissions', () => {
    const Item = { pk: { S: 'corp#member#user123' }, sk: { S: 'membership#1' }, state: { S: 'x' } };
    expect(may('adminPermissions', 'PutItem', { Item })).toBe(false);
    const client = { pk: { S: 'corp#clients' }, sk: { S: 'grafana' } };
    expect(may('adminPermissions', 'PutItem', { Item: client })).toBe(false);
    expect(may('adminPermissions', 'DeleteItem', { Key: client })).toBe(false);
    for (const subject of ['client#grafana', 'sessions#user123']) {
      const line = { pk: { S: `corp#audit#${subject}` }, sk: { S: 'x' } };
      expect(may('adminPermissions', 'PutItem', { Item: line })).toBe(false);
      expect(may('adminPermissions', 'DeleteItem', { Key: line })).toBe(false);
    }
  });

  it('and clients by adminClients, with nothing else', () => {
    for (const pk of ['corp#clients', 'corp#audit#client#grafana']) {
      const client = { pk: { S: pk }, sk: { S: 'x' } };
      expect(may('adminClients', 'PutItem', { Item: client })).toBe(true);
      for (const name of [...FACING, 'adminPermissions'].filter(
        (each) => each !== 'adminClients',
      )) {
        expect(may(name, 'PutItem', { Item: client }), name).toBe(false);
        expect(may(name, 'DeleteItem', { Key: client }), name).toBe(false);
      }
    }
    for (const pk of ['corp#audit#member#user123', 'corp#sub#user123', 'corp#directory']) {
      expect(may('adminClients', 'PutItem', { Item: { pk: { S: pk }, sk: { S: 'x' } } })).toBe(
        false,
      );
    }
  });

  it.each([
    'effect',
    'until',
    'note',
    'by',
    'at',
    'suspendedAt',
    'origins',
    'setAside',
    'auditLine',
  ])('by no update of %s by a function that faces the internet', (attribute) => {
    const updates = [
      { UpdateExpression: `SET ${attribute} = :value` },
      { UpdateExpression: `REMOVE ${attribute}` },
      { UpdateExpression: 'ADD #name :value', ExpressionAttributeNames: { '#name': attribute } },
      { UpdateExpression: `SET readAt = ${attribute}` },
      { UpdateExpression: 'SET readAt = :value', ConditionExpression: `${attribute} = :value` },
    ];
    for (const update of updates) {
      for (const name of FACING) expect(may(name, 'UpdateItem', { Key, ...update })).toBe(false);
    }
  });

  it.each(['tags', 'deniedDepartments', 'namings'])(
    'nor can %s, which say what groups grants name, be changed by such a function',
    (attribute) => {
      const directory = { pk: { S: 'corp#directory' }, sk: { S: 'directory' } };
      const updates = [
        { UpdateExpression: `REMOVE ${attribute}` },
        { UpdateExpression: `SET ${attribute} = :value` },
        { UpdateExpression: `DELETE ${attribute} :value` },
      ];
      for (const update of updates) {
        for (const name of FACING) {
          expect(may(name, 'UpdateItem', { Key: directory, ...update })).toBe(false);
        }
      }
    },
  );

  it.each([
    ['signedOutAt', 'corp#sub#user123', 'sub'],
    ['signedOutAt', 'corp#member#user123', 'person'],
    ['secrets', 'corp#clients', 'grafana'],
    ['redirectUris', 'corp#clients', 'grafana'],
    ['backchannelLogoutUri', 'corp#clients', 'grafana'],
    ['userid', 'corp#clients', 'grafana'],
    ['userid', 'corp#audit#member#user123', 'x'],
    ['sub', 'corp#directory', 'directory'],
    ['endedAt', 'corp#sub#user123', 'sub'],
    ['payload', 'corp#clients', 'grafana'],
  ])('nor can %s of %s %s be changed by such a function', (attribute, pk, sk) => {
    const update = {
      Key: { pk: { S: pk }, sk: { S: sk } },
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': attribute },
    };
    for (const name of FACING) {
      expect([name, may(name, 'UpdateItem', update)]).toEqual([name, false]);
    }
  });

  it('nor can whom a sub names be changed, but by the function that gives it', () => {
    const Key = { pk: { S: 'corp#sub#user123' }, sk: { S: 'sub' } };
    const update = { Key, UpdateExpression: 'SET userid = :value' };
    const those = FACING.filter((name) => may(name, 'UpdateItem', update));
    expect(those).toEqual(['openid']);
  });

  it('and an update may not return the rest of an item', () => {
    const update = { Key, UpdateExpression: 'SET readAt = :value' };
    for (const name of ['getUserInfo', 'verify', 'callback', 'openid', 'openidToken']) {
      expect(may(name, 'UpdateItem', update)).toBe(true);
      expect(may(name, 'UpdateItem', { ...update, ReturnValues: 'ALL_OLD' })).toBe(false);
      expect(may(name, 'UpdateItem', { ...update, ReturnValues: 'ALL_NEW' })).toBe(false);
    }
  });

  it('all their attributes are among those that are tried here', () => {
    const item = grantItem('corp', {
      subject: 'member#a',
      permission: 'access',
      effect: 'allow',
      until: 1,
      note: 'n',
      by: 'b',
      at: 1,
      suspendedAt: 1,
      origins: [{ userid: 'a', at: 1 }],
    });
    const tried = ['effect', 'until', 'note', 'by', 'at', 'suspendedAt', 'origins'];
    expect(Object.keys(item).sort()).toEqual(['listName', 'pk', 'sk', 'ttl', ...tried].sort());
  });
});

const PERMISSIONS = 'wecom-auth-local-permissions';

describe("a role's log", () => {
  it("is the function's own", () => {
    const own = statements(template).filter(({ actions }) => actions.includes('logs:PutLogEvents'));
    expect(own).toHaveLength(18);
    for (const { owner, resources } of own) {
      const name = owner.charAt(0).toLowerCase() + owner.slice(1).replace(/Role$/, '');
      expect(resources).toEqual([
        expect.stringMatching(`:log-group:/aws/lambda/wecom-auth-prod-${name}:log-stream:\\*"`),
      ]);
    }
  });
});
