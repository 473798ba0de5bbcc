import { beforeAll, describe, expect, it, vi } from 'vitest';
import { FIXTURE_KEYS } from '../../local/wecom/callbacks/fixtureKeys.ts';
import { envelope, eventXml, pushQuery, seal } from '../harness/callbackRequest.ts';
import { begin, proof, redeem } from '../harness/journey.ts';
import { DOMAIN_PROOF, type Stack, startStack } from '../harness/stack.ts';
import { render, type Template } from './render.ts';
import { statements } from './statements.ts';

const HOUR = 3_600_000;

let stack: Stack;
let template: Template;
/** How far the clock is ahead: what was stored before is then out of date. */
let ahead = 0;
const realNow = Date.now;

beforeAll(async () => {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  template = await render('public');
  stack = await startStack();
}, 70_000);

/** What a function's role allows beyond its own log: `action on what`. */
function allowed(name: string): string[] {
  const role = `${name.charAt(0).toUpperCase()}${name.slice(1)}Role`;
  return statements(template)
    .filter(({ owner, actions }) => owner === role && /^(dynamodb|ssm):/.test(actions[0] ?? ''))
    .flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${action} on ${nameOf(resource)}`)),
    )
    .sort();
}

function nameOf(resource: string): string {
  return /(CacheTable|PermissionTable)/.exec(resource)?.[1] ?? resource.replace(/.*\/|"}$/g, '');
}

/** What the functions ask of DynamoDB and SSM while the work is done. */
async function asked(work: () => Promise<unknown>): Promise<string[]> {
  const { requests } = stack.dynamoDb;
  const [before, callsBefore] = [requests.length, stack.ssm.calls.length];
  await work();
  const tables = requests.slice(before).map((line) => {
    const [operation, table = ''] = line.split(' ');
    return `dynamodb:${operation} on ${table.endsWith('cache') ? 'CacheTable' : 'PermissionTable'}`;
  });
  const parameters = stack.ssm.calls
    .slice(callsBefore)
    .flatMap(({ operation, names }) =>
      names.map((name) => `ssm:${operation} on ${name.split('/').at(-1)}`),
    );
  return [...new Set([...tables, ...parameters])].sort();
}

/** A fresh instance, for which nothing that was remembered counts any more. */
async function fresh(): Promise<string> {
  ahead += 25 * HOUR;
  return (await stack.newInstance()).url;
}

const post = (url: string, body: string) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body });

describe("a role allows what its function's code asks, and nothing else:", () => {
  it('authorize', async () => {
    const url = await fresh();
    expect(await asked(() => begin(url))).toEqual(allowed('authorize'));
  });

  it('getUserInfo', async () => {
    const url = await fresh();
    const mine = await proof(url);
    expect(
      await asked(async () => {
        const { status } = await redeem(url, mine);
        expect(status).toBe(200);
        // The second of two equal sign-ins looks for the end of the first.
        const other = (await stack.newInstance()).url;
        expect((await redeem(other, mine)).status).toBe(200);
      }),
    ).toEqual(allowed('getUserInfo'));
  });

  it('verify', async () => {
    const url = await fresh();
    const { body } = await redeem(url, await proof(url));
    const authorization = `Bearer ${body.session?.access_token}`;
    expect(
      await asked(async () => {
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
    const leave = await push('app', { FromUserName: 'user123', Event: 'unsubscribe' });
    const tag = await push('contacts', {
      FromUserName: 'sys',
      Event: 'change_contact',
      ChangeType: 'update_tag',
      TagId: '1',
    });
    expect(
      await asked(async () => {
        // An effect that cannot be had: the claim to it is given back.
        const record = stack.dynamoDb.requests;
        record.push = (line) => {
          stack.dynamoDb.fail(line === `UpdateItem ${PERMISSIONS}` ? 'throttled' : undefined);
          return Array.prototype.push.call(record, line);
        };
        expect(await leave()).toBe(500);
        Reflect.deleteProperty(record, 'push');
        stack.dynamoDb.fail(undefined);
        expect(await leave()).toBe(200);
        expect(await leave()).toBe(200);
        expect(await tag()).toBe(200);
      }),
    ).toEqual(allowed('callback'));
  });

  it('jwks', async () => {
    const url = await fresh();
    expect(await asked(() => fetch(`${url}/.well-known/jwks.json`))).toEqual(allowed('jwks'));
  });

  it.each([
    ['openidConfiguration', '/.well-known/openid-configuration'],
    ['domainProof', `/WW_verify_${DOMAIN_PROOF}.txt`],
    ['notFound', '/nothing'],
  ])('%s', async (name, path) => {
    const url = await fresh();
    expect(await asked(() => fetch(url + path))).toEqual([]);
    expect(allowed(name)).toEqual([]);
  });
});

const PERMISSIONS = 'wecom-auth-local-permissions';

describe("a role's log", () => {
  it("is the function's own", () => {
    const own = statements(template).filter(({ actions }) => actions.includes('logs:PutLogEvents'));
    expect(own).toHaveLength(8);
    for (const { owner, resources } of own) {
      const name = owner.charAt(0).toLowerCase() + owner.slice(1).replace(/Role$/, '');
      expect(resources).toEqual([
        expect.stringMatching(`:log-group:/aws/lambda/wecom-auth-prod-${name}:log-stream:\\*"`),
      ]);
    }
  });
});
