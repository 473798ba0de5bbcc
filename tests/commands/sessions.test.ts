import { userInfo } from 'node:os';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { timeOfDynamoDb } from '../../commands/administration/serviceClock.ts';
import { run } from '../../commands/sessions/run.ts';
import { systemClock } from '../../lib/clock.ts';
import {
  endSignIn,
  listSignIns,
  newGrantId,
  type SignIn,
  type SignInStore,
  writeGrant,
} from '../../lib/openid/signIns.ts';
import { personOf, subOf } from '../../lib/permissions/person.ts';
import { startOpenid } from '../harness/relyingParty.ts';
import type { Stack } from '../harness/stack.ts';

let stack: Stack;
let signIns: SignInStore;
let language: string;

beforeAll(async () => {
  ({ stack } = await startOpenid());
  signIns = { table: stack.permissions, corpId: stack.wecom.company.corpid, clock: systemClock };
});
beforeEach(() => {
  language = 'en_US.UTF-8';
});

async function sessions(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await run(argv, {
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: stack.dynamoDb.url,
      AWS_ENDPOINT_URL_LAMBDA: stack.handedOver.url,
      LANG: language,
    },
    print: (text) => out.push(text),
    warn: (text) => err.push(text),
    now: Date.now,
    serviceTime: timeOfDynamoDb,
  });
  return { exit, out: out.join('\n'), err: err.join('\n') };
}

/** A person who signed in to these clients in one browser. */
async function person(userid: string, ...clients: string[]): Promise<string> {
  const sub = await subOf(signIns, userid, Date.now());
  const session = crypto.randomUUID();
  for (const clientId of clients) {
    const payload = { accountId: sub, clientId };
    await writeGrant(signIns, newGrantId(sub, session), payload, 600);
  }
  return sub;
}

describe('list', () => {
  it("shows one person's applications", async () => {
    await person('Zhang.San', 'grafana', 'gitlab');
    await person('another', 'grafana');
    const { exit, out } = await sessions('list', 'user:zhang.san');
    expect(exit).toBe(0);
    expect(out).toMatch(/zhang\.san │ grafana/);
    expect(out).toMatch(/zhang\.san │ gitlab/);
    expect(out).not.toContain('another');
    const { sign_ins } = JSON.parse((await sessions('list', 'sub:zhang.san', '--json')).out);
    expect(sign_ins).toHaveLength(2);
    expect(sign_ins[0]).toEqual({
      sub: 'zhang.san',
      client_id: expect.stringMatching(/^(grafana|gitlab)$/),
      session: expect.stringMatching(/^[\w-]{8}$/),
      sid: expect.stringMatching(/^[\w-]{43}$/),
      signed_in_at: expect.stringMatching(/Z$/),
      state: 'active',
    });
  });

  it('shows everybody, in either language', async () => {
    await person('lisi', 'grafana');
    await person('wangwu', 'grafana');
    language = 'zh_CN.UTF-8';
    const { out } = await sessions('list');
    expect(out).toMatch(/lisi[^\n]*已登录/);
    expect(out).toMatch(/wangwu[^\n]*已登录/);
  });

  it('tells what the application revoked from what it does not know of yet', async () => {
    const sub = await person('zhouba', 'grafana', 'gitlab', 'gitea');
    const ids = await listSignIns(signIns, sub);
    const of = (clientId: string) => ids.find((each) => each.clientId === clientId) as SignIn;
    await endSignIn(signIns, of('gitlab'));
    await stack.permissions.update(
      { pk: `${signIns.corpId}#sign-ins#${sub}`, sk: `${of('gitea').session}#${of('gitea').sid}` },
      { expression: 'SET endedAt = :now REMOVE payload', values: { ':now': 1 } },
    );
    const { sign_ins } = JSON.parse((await sessions('list', 'user:zhouba', '--json')).out);
    const states = sign_ins.map(({ client_id, state }: Record<string, string>) => [
      client_id,
      state,
    ]);
    expect(Object.fromEntries(states)).toEqual({
      grafana: 'active',
      gitlab: 'ended',
      gitea: 'revoked',
    });
  });

  it('says that somebody has not signed in to anything', async () => {
    expect(await sessions('list', 'user:nobody')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('has not signed in'),
    });
  });
});

describe('end', () => {
  it('ends everything of the person, and records who did it', async () => {
    const sub = await person('zhaoliu', 'grafana', 'gitlab');
    const { exit, out } = await sessions('end', 'user:zhaoliu');
    expect([exit, out]).toEqual([0, expect.stringContaining('sub:zhaoliu')]);
    expect(out).toContain('gitlab, grafana');
    await stack.handedOver.settled();
    expect(await listSignIns(signIns, sub)).toEqual([]);
    expect((await personOf(signIns, sub)).signedOutAt).toBeGreaterThan(0);
    const { items } = await stack.permissions.query(`${signIns.corpId}#audit#sessions#${sub}`);
    expect(items).toMatchObject([
      { action: 'sessions-ended', by: `local:${userInfo().username}`, at: expect.any(Number) },
    ]);
  });

  it('reaches a person who left, by the userid that they had', async () => {
    const sub = await person('qianqi', 'grafana');
    await stack.permissions.update(
      { pk: `${signIns.corpId}#sub#${sub}`, sk: 'sub' },
      { expression: 'REMOVE userid SET formerUserid = :u', values: { ':u': 'qianqi' } },
    );
    await stack.permissions.delete({ pk: `${signIns.corpId}#member#qianqi`, sk: 'person' });
    const { exit, out } = await sessions('end', 'user:qianqi', '--json');
    expect([exit, JSON.parse(out)]).toEqual([0, { subs: ['qianqi'], clients: ['grafana'] }]);
    await stack.handedOver.settled();
    expect(await listSignIns(signIns, sub)).toEqual([]);
  });

  it('ends also what it cannot read', async () => {
    const sub = await person('zhouba', 'grafana');
    await stack.permissions.update(
      { pk: `${signIns.corpId}#sub#${sub}`, sk: 'sub' },
      { expression: 'SET signedOutAt = :odd', values: { ':odd': 'yesterday' } },
    );
    expect((await sessions('list', 'user:zhouba')).err).toContain('sessions -- end');
    expect((await sessions('end', 'user:zhouba')).exit).toBe(0);
    await stack.handedOver.settled();
    expect((await personOf(signIns, sub)).signedOutAt).toBeGreaterThan(0);
    expect(await listSignIns(signIns, sub)).toEqual([]);
  });

  it('says that nothing was ended where AWS Lambda does not take the work', async () => {
    const sub = await person('sunba', 'grafana');
    const removed = stack.invocable.splice(0);
    const { exit, err } = await sessions('end', 'user:sunba');
    stack.invocable.push(...removed);
    expect([exit, err]).toEqual([1, expect.stringContaining('No session was ended')]);
    expect(await listSignIns(signIns, sub)).toMatchObject([{ hasEnded: false }]);
  });
});

describe('the command', () => {
  it.each([
    [['end'], 'user:<userid>'],
    [['end', 'zhangsan'], 'user:<userid>'],
    [['end', 'user:'], 'user:<userid>'],
    [['end', 'user:a#b'], 'user:<userid>'],
    [['end', 'sub:a~b'], 'user:<userid>'],
    [['end', 'sub:ZhangSan'], 'user:<userid>'],
    [['end', 'user:a', 'user:b'], 'too many'],
    [['stop', 'user:a'], 'no command'],
    [['list', '--stage', '../x'], 'no stage ../x'],
    [['list', '--all'], 'There is no option --all'],
  ])('%j is not understood', async (argv, problem) => {
    const { exit, err } = await sessions(...argv);
    expect([exit, err]).toEqual([2, expect.stringContaining(problem)]);
  });

  it('explains itself in both languages', async () => {
    expect((await sessions('--help')).out).toContain('signs the person out');
    language = 'zh_CN.UTF-8';
    expect((await sessions()).out).toContain('让此人退出全部应用');
  });

  it('says that the stage does not answer', async () => {
    stack.dynamoDb.fail('down');
    const { exit, err } = await sessions('list', 'user:lisi');
    stack.dynamoDb.fail(undefined);
    expect([exit, err]).toEqual([1, expect.stringContaining('npm start first')]);
  });
});
