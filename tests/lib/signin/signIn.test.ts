import { describe, expect, it } from 'vitest';
import type { Department, Departments } from '../../../lib/directory/departments.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { SignIn } from '../../../lib/signin/signIn.ts';
import type { User } from '../../../lib/wecom/api/getUser.ts';
import type { WecomAnswer, WecomClient } from '../../../lib/wecom/client.ts';
import { errcodeEntry } from '../../../lib/wecom/errcodes.ts';
import { WecomErrcode, WecomTransportError } from '../../../lib/wecom/errors.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createManualClock } from '../../harness/manualClock.ts';

const USER: User = {
  userid: 'user123',
  name: '张三',
  position: '工程师',
  department: [2],
  main_department: 2,
  status: 1,
  mobile: '',
  email: '',
  biz_mail: '',
};

interface WecomAnswers {
  /** What auth/getuserinfo gives; default: user123. */
  visitor?: WecomAnswer;
  user?: Partial<User>;
  /** What department/get gives, or throws. */
  departments?: Record<number, Department | Error>;
  /** Departments whose call takes until the deadline that it was given. */
  hanging?: number[];
  /** What auth/getuserdetail gives, or throws; absent: there is no user_ticket. */
  detail?: WecomAnswer | Error;
}

function setUp({
  visitor = { userid: 'user123' },
  user,
  departments = { 2: { name: '技术部' } },
  detail,
  hanging = [],
}: WecomAnswers) {
  const asked: string[] = [];
  const directory: Departments = {
    async read(id, { deadline }) {
      asked.push(`department ${id}`);
      if (hanging.includes(id)) {
        clock.time = Math.max(clock.time, deadline);
        throw new WecomTransportError('WeCom did not answer in time');
      }
      const found = departments[id] ?? { name: '' };
      if (found instanceof Error) throw found;
      return found;
    },
    discard: async () => undefined,
  };
  const clock = createManualClock();
  const client: WecomClient = async ({ api }) => {
    asked.push(api);
    if (api === 'auth/getuserinfo') {
      return { ...visitor, ...(detail && { user_ticket: 'ticket' }) };
    }
    if (detail instanceof Error) throw detail;
    return { userid: 'user123', ...detail };
  };
  const readUser = async () => ({ ...USER, ...user });
  const signIn = new SignIn({ client, readUser, departments: directory, clock });
  const invocation = createInvocation();
  return {
    asked,
    invocation,
    withCode: async () =>
      signIn.readMember(await signIn.redeemCode('code', invocation), invocation),
    person: async () => signIn.readPerson(await signIn.redeemCode('code', invocation), invocation),
    again: () => signIn.readMember({ userid: 'user123', user_ticket: '' }, invocation),
    clock,
  };
}

const errcode = (code: number) => new WecomErrcode('x', code, '', errcodeEntry(code));

describe("a member's department", () => {
  const two = { department: [5, 2], main_department: 2 };
  it.each([
    ['the main one', { ...two }, { 2: { name: '技术部' }, 5: { name: '市场部' } }, '技术部'],
    [
      'the first one if there is no main one',
      { department: [5, 2], main_department: undefined },
      { 5: { name: '市场部' } },
      '市场部',
    ],
    ['the first one if the main one has no name', { ...two }, { 5: { name: '市场部' } }, '市场部'],
    [
      'the first one if the main one cannot be read',
      { ...two },
      { 2: new WecomTransportError('x'), 5: { name: '市场部' } },
      '市场部',
    ],
    ['the id of the main one if neither has a name', { ...two }, {}, '2'],
    ['the id if DynamoDB and WeCom fail', {}, { 2: new StoreUnavailable('x') }, '2'],
    ['the id if WeCom limits the app', {}, { 2: errcode(45009) }, '2'],
    [
      'the id of the main one if the list is empty',
      { department: [], main_department: 7 },
      {},
      '7',
    ],
    ['empty for a member of no department', { department: [], main_department: undefined }, {}, ''],
  ] as [string, Partial<User>, Record<number, Department | Error>, string][])(
    'is %s',
    async (_what, user, departments, expected) => {
      expect((await setUp({ user, departments }).withCode()).department).toBe(expected);
    },
  );

  it('is not read where there is none', async () => {
    const { withCode, asked } = setUp({ user: { department: [], main_department: undefined } });
    await withCode();
    expect(asked).toEqual(['auth/getuserinfo']);
  });

  it('is read once if the main one is the first one', async () => {
    const { withCode, asked } = setUp({ departments: {} });
    await withCode();
    expect(asked).toEqual(['auth/getuserinfo', 'department 2']);
  });

  it('is logged with its id if it cannot be read', async () => {
    const { withCode, invocation } = setUp({ departments: { 2: errcode(60020) } });
    await withCode();
    expect(invocation.lines).toMatchObject([{ level: 'WARN', departmentId: 2, errcode: 60020 }]);
  });

  it('delays the sign-in by three seconds at most, also if two departments hang', async () => {
    const { withCode, clock, invocation } = setUp({ user: two, hanging: [2, 5] });
    const start = clock.time;
    expect((await withCode()).department).toBe('2');
    expect(clock.time - start).toBe(3_000);
    expect(invocation.lines).toHaveLength(2);
  });

  it('is logged if WeCom shows no name, once for each department', async () => {
    const { withCode, invocation } = setUp({ user: two, departments: {} });
    await withCode();
    expect(invocation.lines).toMatchObject([
      { message: 'WeCom does not show the name of the department', departmentId: 2 },
      { message: 'WeCom does not show the name of the department', departmentId: 5 },
    ]);
  });

  it('is not logged if its name is read', async () => {
    const { withCode, invocation } = setUp({});
    await withCode();
    expect(invocation.lines).toEqual([]);
  });

  it('ends the sign-in with an error that is a defect', async () => {
    const { withCode } = setUp({ departments: { 2: new TypeError('defect') } });
    await expect(withCode()).rejects.toThrow('defect');
  });
});

describe('mobile and e-mail', () => {
  const old = { mobile: '1', email: 'u@x', biz_mail: 'b@x' };
  it.each([
    [
      'of auth/getuserdetail come before those of user/get',
      { user: old, detail: { mobile: '2', email: 'c@x' } },
      '2',
      'c@x',
    ],
    [
      'of user/get are used if auth/getuserdetail gives none',
      { user: old, detail: {} },
      '1',
      'u@x',
    ],
    [
      "of the company are used if the member's own is missing",
      { user: { biz_mail: 'b@x' }, detail: { biz_mail: 'c@x' } },
      '',
      'c@x',
    ],
    ['of the company in user/get come last', { user: { biz_mail: 'b@x' } }, '', 'b@x'],
    ['are empty if the app may not read them', { detail: errcode(92001) }, '', ''],
  ] as [string, WecomAnswers, string, string][])('%s', async (_what, answers, mobile, email) => {
    expect(await setUp(answers).withCode()).toMatchObject({ mobile, email });
  });

  it('that the app may not read leave a log line', async () => {
    const { withCode, invocation } = setUp({ detail: errcode(92001) });
    await withCode();
    expect(invocation.lines).toMatchObject([{ level: 'WARN', errcode: 92001 }]);
  });

  it.each([
    ['of the consent', { user: old, detail: { biz_mail: 'c@x' } }, 'c@x'],
    ['of user/get where the consent gives none', { user: old, detail: {} }, 'b@x'],
    [
      'never what the member may have set',
      { user: { email: 'u@x' }, detail: { email: 'v@x' } },
      '',
    ],
  ] as [string, WecomAnswers, string][])(
    'of the company is the biz_mail %s',
    async (_what, answers, companyEmail) => {
      expect(await setUp(answers).person()).toMatchObject({ companyEmail });
    },
  );

  it.each([84014, 60011, -1, 48002])(
    'end the sign-in if WeCom refuses them otherwise (%i)',
    async (code) => {
      await expect(setUp({ detail: errcode(code) }).withCode()).rejects.toMatchObject({
        errcode: code,
      });
    },
  );
});

describe('a visitor', () => {
  it.each([
    ['only an openid', { openid: 'o1' }],
    ['an openid and an external userid', { openid: 'o1', external_userid: 'wm1' }],
    ['an empty userid', { userid: '' }],
    ['a userid that no member can have', { userid: 'a/b' }],
  ] as [string, WecomAnswer][])('with %s is no member', async (_what, visitor) => {
    const { withCode, asked } = setUp({ visitor });
    await expect(withCode()).rejects.toMatchObject({ code: 'ERR_NOT_A_MEMBER' });
    expect(asked).toEqual(['auth/getuserinfo']);
  });
});

describe('a member', () => {
  it('has the userid as user/get spells it', async () => {
    const { withCode } = setUp({ user: { userid: 'User123' } });
    expect((await withCode()).userid).toBe('User123');
  });

  it('without a status is active', async () => {
    expect(await setUp({ user: { status: undefined } }).withCode()).toMatchObject({ name: '张三' });
  });

  it.each([2, 4, 5, 0])('whose status is %i does not sign in', async (status) => {
    await expect(setUp({ user: { status } }).withCode()).rejects.toMatchObject({
      code: 'ERR_MEMBER_INACTIVE',
      details: { memberStatus: status },
    });
  });

  it('can be read again without a code or a ticket', async () => {
    const { again, asked } = setUp({ detail: { mobile: '2' } });
    expect(await again()).toMatchObject({ userid: 'user123', mobile: '' });
    expect(asked).toEqual(['department 2']);
  });
});
