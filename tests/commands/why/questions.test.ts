import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../../commands/why/run.ts';
import { memberPseudonym } from '../../../lib/log/pseudonym.ts';
import { grantItem } from '../../../lib/permissions/grant.ts';
import { grantKey } from '../../../lib/tableKeys.ts';
import { Browser } from '../../harness/browser.ts';
import { freeStackPort } from '../../harness/freePorts.ts';
import { proof, redeem } from '../../harness/journey.ts';
import { discover, registerClient, signInByBrowser } from '../../harness/openidSignIn.ts';
import { permit } from '../../harness/permit.ts';
import type { Instance } from '../../harness/stack.ts';
import { LOG_KEY, type Stack, startStack } from '../../harness/stack.ts';

/*
 * The questions of an operator, on a log of 10 000 requests. The requests that are asked about, and one
 * of every kind of the others, were really made; the rest are their lines, about other members and at
 * other times.
 */

const LINES = 10_000;
const NOW = at('10:20:00');

let stack: Stack;
let api: Instance;
let directory: string;

function at(time: string): number {
  return Date.parse(`2026-11-27T${time}+08:00`);
}

type Line = Record<string, unknown>;
const isClosing = (line: Line) => line['status'] !== undefined;

beforeAll(async () => {
  vi.stubEnv('TZ', 'Asia/Shanghai');
  vi.useFakeTimers({ toFake: ['Date'], now: at('09:00:00') });
  stack = await startStack();
  api = await stack.newInstance();
  api.environment['SESSION_ISSUER'] = api.url;
  const PORT = String(await freeStackPort());
  vi.stubEnv('PORT', PORT);
  directory = `.local/${PORT}`;
  const lines = await fill();
  mkdirSync(`${directory}/emulator`, { recursive: true });
  const text = lines.map((line) => JSON.stringify(line)).join('\n');
  writeFileSync(`${directory}/emulator/functions.log`, `${text}\n`);
  vi.setSystemTime(NOW);
}, 120_000);

afterAll(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

/** Really makes a request at a time. */
async function when(time: string, work: () => Promise<unknown>): Promise<void> {
  vi.setSystemTime(at(time));
  await work();
}

const code = (userid: string) => stack.wecom.codes.mint({ userid, scope: 'snsapi_base' });
const verify = (userid: string) => fetch(`${api.url}/api/wecom/verify/${userid}`);

/** With a fault of WeCom for the time of the work. */
async function faulty(
  fault: Parameters<Stack['wecom']['faults']['add']>,
  work: () => Promise<unknown>,
): Promise<void> {
  stack.wecom.faults.add(...fault);
  await work();
  stack.wecom.faults.clear();
}

/** The requests that are asked about. */
async function makeRequests(): Promise<void> {
  const { company, url } = stack.wecom;
  const app = company.apps.find(({ agentid }) => agentid === 1000002);
  app?.trusted_domains.unshift(new URL(api.url).host);
  await registerClient(stack.permissions, company.corpid);
  await permit(stack, 'everyone');
  await permit(stack, 'member#user123');
  const denial = { subject: 'department#3', permission: 'access', effect: 'deny' } as const;
  const terms = { ...denial, by: 'test', at: NOW, note: 'CANARY of the note' };
  await stack.permissions.put(grantItem(company.corpid, terms));

  await when('10:01:00', async () => redeem(api.url, await proof(api.url)));
  await when('10:01:01', () => verify('user123'));
  await when('10:01:02', () => verify('User123'));

  await when('10:02:00', () =>
    faulty([42003, { on: 'auth/getuserinfo' }], () => redeem(api.url, { code: code('lisi') })),
  );

  await when('10:03:00', () =>
    faulty([60011, { on: 'user/get' }], () => redeem(api.url, { code: code('zhouba') })),
  );

  await when('10:04:00', () => redeem(api.url, { code: code('wangwu') }));

  await when('10:05:12', () => verify('qianer'));
  await when('10:05:30', async () => {
    const configuration = await discover(api.url);
    await signInByBrowser(configuration, new Browser(), url, 'qianer');
    // Somebody corrects it before the question is asked.
    await stack.permissions.delete(grantKey(company.corpid, 'department#3', 'access'));
  });

  await when('10:06:00', () =>
    faulty([{ kind: 'reset', on: 'user/get' }], () => redeem(api.url, { code: code('wujiu') })),
  );

  await when('10:07:00', async () => {
    const body = await proof(api.url, {}, 'zhengshi');
    await redeem(api.url, body);
    vi.setSystemTime(at('10:07:05'));
    await redeem(api.url, { ...body, code: code('zhengshi') });
  });

  await when('10:08:00', () =>
    faulty([60011, { on: 'department/get' }], () => redeem(api.url, { code: code('liuzong') })),
  );
}

async function fill(): Promise<Line[]> {
  await makeRequests();
  const real = stack.log();
  const closing = real.filter(isClosing);
  // Of others, whose lines have the same form. Those without a member succeeded.
  const copied = closing.filter(({ member, outcome }) => member ?? outcome === 'success');
  expect(copied.length).toBeGreaterThan(12);
  const { corpid } = stack.wecom.company;
  const invented = Array.from({ length: LINES - closing.length }, (_, index) => {
    const { member, ...line } = copied[index % copied.length] ?? {};
    return {
      ...line,
      ...(member !== undefined && {
        member: memberPseudonym(LOG_KEY, corpid, `other${index % 700}`),
      }),
      requestId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      gatewayRequestId: `other-${index}`,
      time: new Date(at('08:30:00') + (index * 110 * 60_000) / LINES).toISOString(),
    };
  });
  // A program that signs one member in and asks about them again and again.
  const [signIn, question] = copied.filter(({ member }) => member !== undefined);
  const member = memberPseudonym(LOG_KEY, corpid, 'hezhuanjia');
  for (let index = 0; index < 100; index += 1) {
    const line = index % 2 === 0 ? signIn : question;
    const time = new Date(at('10:10:00') + index * 1_000).toISOString();
    invented[index] = { ...line, member, time, requestId: `poll-${index}`, gatewayRequestId: '' };
  }
  const time = (line: Line) => String(line['time']);
  return [...real, ...invented].sort((one, other) => time(one).localeCompare(time(other)));
}

/** What the command prints, without request ids, and its exit code. */
async function why(language: 'zh' | 'en', ...argv: string[]) {
  const printed: string[] = [];
  const warned: string[] = [];
  vi.stubEnv('LC_ALL', language === 'zh' ? 'zh_CN.UTF-8' : 'C');
  const exit = await run(argv, {
    environment: process.env,
    print: (text) => printed.push(text),
    warn: (text) => warned.push(text),
    now: () => NOW,
  });
  const text = printed.join('\n').replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>');
  return { exit, text, warned: warned.join('\n') };
}

/** What follows the head line and whatever is about the member. */
const FAILED = {
  en: `Sign-ins that failed before it was known whose they were. Some may be this member's, or none:
   1 ×  Sign-in refused: WeCom refused auth/getuserinfo with errcode 42003: The code has expired. (10:02:00)
        → Start the authorization again.
   1 ×  Sign-in refused: the state was used before: a page was opened or sent twice. (10:07:05)
        → Sign in again from the start.`,
  zh: `失败时还不知道是谁的登录，其中可能有此人的，也可能没有：
   1 ×  登录被拒绝：企业微信拒绝了 auth/getuserinfo，错误码 42003：授权码已过期。（10:02:00）
        → 重新发起授权。
   1 ×  登录被拒绝：state 已使用过：页面被打开或提交了两次。（10:07:05）
        → 从头重新登录。`,
};

const GONE = {
  en: "may not use access: the member left, is disabled or not activated, or is outside the app's visible range.",
  zh: '不可以使用 access：成员已离职、被禁用、未激活，或应用看不到该成员。',
};
const NOT_STORED = {
  en: 'Now: no usable data about the member is stored: verify asks WeCom first.',
  zh: '现在：没有可用的成员资料，verify 会先向企业微信读取。',
};
const NOTHING = {
  en: (who: string) => `The log has no request about user:${who} in this time.`,
  zh: (who: string) => `这段时间的日志中没有关于 user:${who} 的请求。`,
};
const CONSOLE = 'https://work.weixin.qq.com/wework_admin/frame#apps';

/** Each question, its answer about the member, and what holds now if the log does not say so. */
const QUESTIONS: readonly {
  readonly fate: string;
  readonly who: string;
  readonly own: { readonly en: string; readonly zh: string };
  readonly now?: { readonly en: string; readonly zh: string };
}[] = [
  {
    fate: 'an expired code: nobody was known, so nothing is said to be hers',
    who: 'lisi',
    own: { en: NOTHING.en('lisi'), zh: NOTHING.zh('lisi') },
    now: NOT_STORED,
  },
  {
    fate: 'not visible to the app',
    who: 'zhouba',
    own: {
      en: `10:03:00  Sign-in refused: WeCom refused user/get with errcode 60011: No right to this member, department or tag.
          → Add the member, department or tag to the app's visible range: ${CONSOLE}
          x-request-id <id>`,
      zh: `10:03:00  登录被拒绝：企业微信拒绝了 user/get，错误码 60011：无权访问该成员、部门或标签。
          → 把成员或部门加入应用的可见范围：${CONSOLE}
          x-request-id <id>`,
    },
    now: { en: `Now user:zhouba ${GONE.en}`, zh: `现在：user:zhouba ${GONE.zh}` },
  },
  {
    fate: 'disabled',
    who: 'wangwu',
    own: {
      en: `10:04:00  Sign-in refused: the member is disabled in WeCom.
          → Enable the member in WeCom's console, under 通讯录.
          x-request-id <id>`,
      zh: `10:04:00  登录被拒绝：该成员在企业微信中已被禁用。
          → 在管理后台的“通讯录”中启用该成员。
          x-request-id <id>`,
    },
    now: { en: `Now user:wangwu ${GONE.en}`, zh: `现在：user:wangwu ${GONE.zh}` },
  },
  {
    fate: 'denied by a grant of a department, which is gone by now',
    who: 'qianer',
    own: {
      en: `10:05:12  verify (permission access) refused: a grant of a department denies it.
          → npm run permissions -- explain user:qianer access shows the grants.
          x-request-id <id>
10:05:30  Sign-in to grafana goes on: WeCom confirmed who it is.
10:05:30  Sign-in to grafana refused: a grant of a department denies it.
          → npm run permissions -- explain user:qianer access shows the grants.
          x-request-id <id>`,
      zh: `10:05:12  verify（权限 access）被拒绝：部门的授权拒绝。
          → npm run permissions -- explain user:qianer access 显示各项授权。
          x-request-id <id>
10:05:30  登录 grafana 继续：企业微信已确认身份。
10:05:30  登录 grafana 被拒绝：部门的授权拒绝。
          → npm run permissions -- explain user:qianer access 显示各项授权。
          x-request-id <id>`,
    },
    now: {
      en: 'Now user:qianer may use access: the grant of everyone, and no denial.',
      zh: '现在：user:qianer 可以使用 access：everyone 的允许，且没有拒绝。',
    },
  },
  {
    fate: 'WeCom away',
    who: 'wujiu',
    own: {
      en: `10:06:00  Sign-in failed: WeCom could not be reached.
          → Sign in again in a moment. If it lasts, run npm run doctor.
          x-request-id <id>`,
      zh: `10:06:00  登录失败：无法连接企业微信。
          → 稍后重新登录。如果持续出现，运行 npm run doctor。
          x-request-id <id>`,
    },
    now: NOT_STORED,
  },
  {
    fate: 'a state that is used twice: the second time nobody is known',
    who: 'zhengshi',
    own: { en: '10:07:00  Sign-in succeeded.', zh: '10:07:00  登录成功。' },
    now: NOT_STORED,
  },
  {
    fate: 'signed in fine',
    who: 'user123',
    own: {
      en: `10:01:00  Sign-in succeeded.
10:01:01  verify (permission access) allowed: a grant of the member allows it. (2 times, until 10:01:02)`,
      zh: `10:01:00  登录成功。
10:01:01  verify（权限 access）获准：成员本人的授权允许。（共 2 次，至 10:01:02）`,
    },
  },
];

describe('why a member could not sign in, on a log of 10 000 requests', () => {
  const cases = QUESTIONS.flatMap((question) =>
    (['en', 'zh'] as const).map((language) => ({ ...question, language })),
  );

  it.each(cases)('$fate ($language)', async ({ who, own, now, language }) => {
    const { exit, text, warned } = await why(language, `user:${who}`, '--at', '10:05');
    const head = `user:${who} · local · 2026-11-27 09:50 – 10:20 (UTC+08:00)`;
    const parts = [head, own[language], FAILED[language], now?.[language]];
    expect(text).toBe(parts.filter(Boolean).join('\n\n'));
    expect({ exit, warned }).toEqual({ exit: 0, warned: '' });
    expectNothingOfOthers(text, who);
  });

  it.each([
    [
      'en',
      NOTHING.en('user123'),
      'Now user:user123 may use access: the grant of user:user123, and no denial.',
    ],
    [
      'zh',
      NOTHING.zh('user123'),
      '现在：user:user123 可以使用 access：user:user123 的允许，且没有拒绝。',
    ],
  ] as const)('nothing at that time (%s)', async (language, own, now) => {
    const { exit, text } = await why(language, 'user:user123', '--at', '2026-11-27T09:10');
    const head = 'user:user123 · local · 2026-11-27 08:55 – 09:25 (UTC+08:00)';
    expect(text).toBe([head, own, now].join('\n\n'));
    expect(exit).toBe(3);
  });

  it('the last hour, if no time is given', async () => {
    const { text } = await why('en', 'user:wangwu');
    expect(text).toContain('user:wangwu · local · 2026-11-27 09:20 – 10:20 (UTC+08:00)');
    expect(text).toContain('10:04:00  Sign-in refused: the member is disabled in WeCom.');
  });

  it('of many requests the latest', async () => {
    const { text } = await why('en', 'user:hezhuanjia');
    const lines = text.split('\n').slice(2, 43);
    expect(lines[0]).toBe('(60 earlier ones are left out; --json has all)');
    expect(lines[1]).toBe('10:11:00  Sign-in succeeded.');
    expect(lines[40]).toMatch(/^10:11:39 {2}verify/);
  });

  it('as JSON, with nothing of a person but what was asked', async () => {
    const { text } = await why('en', 'user:qianer', '--at', '10:05', '--json');
    const answer = JSON.parse(text);
    expect(answer).toMatchObject({
      subject: 'user:qianer',
      from: '2026-11-27T01:50:00.000Z',
      to: '2026-11-27T02:20:00.000Z',
      isComplete: true,
      requests: [
        { time: '2026-11-27T02:05:12.000Z', authorized: false, decision: 'denied' },
        { route: 'GET /oauth2/wecom', client: 'grafana', outcome: 'success' },
        { client: 'grafana', permission: 'access', decidedBy: 'department' },
      ],
      unknown: [{ errcode: 42003 }, { error: 'ERR_STATE_REFUSED', refusal: 'used' }],
      now: { permission: 'access', authorized: true, decision: 'allowed' },
    });
    expect(text).not.toContain('"member"');
    expectNothingOfOthers(text, 'qianer');
  });
});

/** Neither another member's userid, name, mobile and e-mail, nor anybody's pseudonym. */
function expectNothingOfOthers(text: string, who: string): void {
  const { members, corpid } = stack.wecom.company;
  for (const { userid, name, mobile, email, biz_mail } of members) {
    const personal = [name, mobile, email, biz_mail, memberPseudonym(LOG_KEY, corpid, userid)];
    if (userid !== who) personal.push(userid);
    for (const each of personal) if (each) expect(text).not.toContain(each);
  }
  expect(text).not.toMatch(/CANARY|other\d|[0-9a-f]{32}/);
}

describe('what became of a request', () => {
  const lineOf = (wanted: (line: Line) => boolean) => stack.log().filter(isClosing).find(wanted);

  it.each(['requestId', 'gatewayRequestId'])('by its %s', async (name) => {
    const line = lineOf(({ errcode }) => errcode === 60011) ?? {};
    const { exit, text } = await why('en', `request:${line[name]}`);
    expect(text.split('\n').slice(2)).toEqual([
      expect.stringMatching(/^2026-11-27 10:03:00 {2}Sign-in refused: WeCom refused user\/get/),
      expect.stringContaining('→ Add the member, department or tag'),
      expect.stringMatching(/POST \/api\/wecom\/getUserInfo · 401 · \d+ ms, WeCom \d+ ms/),
      expect.stringMatching(/x-request-id <id> · API Gateway <id>/),
    ]);
    expect(exit).toBe(0);
    expectNothingOfOthers(text, '');
  });

  it('with what it met on the way', async () => {
    const onTheWay = stack.log().find(({ departmentId }) => departmentId !== undefined) ?? {};
    const { text } = await why('zh', `request:${onTheWay['requestId']}`);
    expect(text.split('\n').slice(2)).toEqual([
      '2026-11-27 10:08:00  INFO WeCom does not show the name of the department',
      '2026-11-27 10:08:00  INFO WeCom does not show the name of the department',
      '2026-11-27 10:08:00  登录成功。',
      expect.stringContaining('POST /api/wecom/getUserInfo · 200'),
      expect.stringContaining('x-request-id <id> · API Gateway <id>'),
    ]);
  });

  it('that the log does not have', async () => {
    const { exit, text } = await why('zh', 'request:JKJaXmPLvHcESHA=');
    expect(text).toContain('这段时间的日志中没有这个请求。');
    expect(exit).toBe(3);
  });
});

describe('the log of the local stack', () => {
  it('may be longer than the longest string', async () => {
    const file = `${directory}/emulator/functions.log`;
    const lines = readFileSync(file, 'utf8');
    // A hole of 600 MB, as a line that never ends.
    truncateSync(file, 600 * 1024 * 1024);
    appendFileSync(file, `\n${lines}`);
    const { exit, text } = await why('en', 'user:wangwu', '--at', '10:05');
    writeFileSync(file, lines);
    expect(text).toContain('10:04:00  Sign-in refused: the member is disabled in WeCom.');
    expect(exit).toBe(0);
  });
});

describe('arguments', () => {
  it.each([
    ['no question', [], 0, 'npm run why -- user:<userid>'],
    ['a time without a question', ['--at', '10:05'], 2, 'There are only options'],
    ['an empty question', [''], 2, 'Say user:<userid> or request:<id>'],
    ['a subject of another kind', ['department:2'], 2, 'Say user:<userid> or request:<id>'],
    ['an id that would change the filter', ['request:"} || {"'], 2, 'Say user:<userid>'],
    ['a time that is none', ['user:lisi', '--at', '25:00'], 2, '--at is no time'],
    ['a day that is none', ['user:lisi', '--at', '2026-02-30T10:00'], 2, '--at is no time'],
    ['the future', ['user:lisi', '--at', '2026-11-27T10:21'], 2, '--at is in the future'],
    ['two members', ['user:lisi', 'user:wangwu'], 2, 'Unknown arguments: user:wangwu'],
    ['a stage without a file', ['user:lisi', '--stage', 'prd'], 2, 'stages/prd.yml does not exist'],
  ] as const)('%s', async (_, argv, exit, text) => {
    const answer = await why('en', ...argv);
    expect(answer.exit).toBe(exit);
    expect(answer.text + answer.warned).toContain(text);
  });

  it.each([
    ['10:05', '09:50 – 10:20'],
    // The latest one is yesterday's.
    ['10:21', '2026-11-26 10:06 – 10:36'],
    ['2026-11-27T02:05Z', '2026-11-27 09:50 – 10:20'],
    ['2026-11-26T23:55', '2026-11-26 23:40 – 2026-11-27 00:10'],
  ])('--at %s', async (time, period) => {
    expect((await why('en', 'user:lisi', '--at', time)).text).toContain(period);
  });
});
