import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getAgent } from '../../../lib/wecom/api/getAgent.ts';
import { getDepartment } from '../../../lib/wecom/api/getDepartment.ts';
import { getDepartmentList } from '../../../lib/wecom/api/getDepartmentList.ts';
import { getTag } from '../../../lib/wecom/api/getTag.ts';
import { getToken } from '../../../lib/wecom/api/getToken.ts';
import { getUser, isActive } from '../../../lib/wecom/api/getUser.ts';
import { getUserDetail } from '../../../lib/wecom/api/getUserDetail.ts';
import { getUserInfo } from '../../../lib/wecom/api/getUserInfo.ts';
import type { WecomAnswer, WecomCall, WecomClient } from '../../../lib/wecom/client.ts';
import { createInvocation } from '../../harness/invocation.ts';

const invocation = createInvocation();

/** A WeCom that gives one answer. */
const answering =
  (answer: WecomAnswer): WecomClient =>
  async () =>
    answer;

/** Calls each endpoint. */
const ask = {
  userInfo: (client: WecomClient) => getUserInfo(client, 'the-code', invocation),
  userDetail: (client: WecomClient) => getUserDetail(client, 'the-ticket', 'user123', invocation),
  user: (client: WecomClient) => getUser(client, 'user123', invocation),
  department: (client: WecomClient) => getDepartment(client, 7, invocation),
  departmentList: (client: WecomClient) => getDepartmentList(client, invocation),
  tag: (client: WecomClient) => getTag(client, 3, invocation),
  agent: (client: WecomClient) => getAgent(client, '1000002', invocation),
  token: (client: WecomClient) => getToken(client, 'corp', 'the-secret', invocation),
};
type Endpoint = keyof typeof ask;

/** The limits of a call whose answer grows with the company. */
const LARGE = (mebibytes: number) => ({
  maxAnswerBytes: mebibytes * 1024 * 1024,
  timeoutMilliseconds: 10_000,
});

describe('a call', () => {
  it.each([
    ['userInfo', { api: 'auth/getuserinfo', query: { code: 'the-code' }, idempotent: false }],
    [
      'userDetail',
      {
        api: 'auth/getuserdetail',
        query: {},
        body: { user_ticket: 'the-ticket' },
        idempotent: false,
      },
    ],
    ['user', { api: 'user/get', query: { userid: 'user123' }, idempotent: true }],
    ['department', { api: 'department/get', query: { id: '7' }, idempotent: true }],
    ['departmentList', { api: 'department/list', query: {}, idempotent: true, ...LARGE(32) }],
    ['tag', { api: 'tag/get', query: { tagid: '3' }, idempotent: true, ...LARGE(40) }],
    ['agent', { api: 'agent/get', query: { agentid: '1000002' }, idempotent: true }],
    [
      'token',
      {
        api: 'gettoken',
        query: { corpid: 'corp', corpsecret: 'the-secret' },
        idempotent: true,
      },
    ],
  ] as [Endpoint, WecomCall][])(
    'of %s has this form; one that spends a code or a ticket is not idempotent',
    async (endpoint, expected) => {
      const calls: WecomCall[] = [];
      await ask[endpoint](async (call) => {
        calls.push(call);
        const department = endpoint === 'department' ? {} : [];
        return { userid: 'user123', department, userlist: [] };
      });
      expect(calls).toEqual([expected]);
    },
  );
});

const NOBODY = { userid: '', user_ticket: '' };
const NO_DETAIL = { mobile: '', email: '', biz_mail: '' };
const BARE = { userid: 'user123', name: '', position: '', ...NO_DETAIL, department: [] };

describe('a field that is absent has its documented default', () => {
  it.each([
    ['userInfo', 'a visitor who is not a member', { openid: 'o', external_userid: 'x' }, NOBODY],
    ['userInfo', 'null for the texts', { userid: null, user_ticket: null }, NOBODY],
    ['userDetail', 'a userid alone', { userid: 'user123' }, NO_DETAIL],
    ['userDetail', 'null for a text', { userid: 'user123', mobile: null }, NO_DETAIL],
    ['user', 'a userid alone', { userid: 'user123' }, BARE],
    ['department', 'no names', { department: {} }, { name: '', name_en: '' }],
    ['tag', 'no departments', { userlist: [] }, { userids: [], departments: [], unreadable: 0 }],
    ['tag', 'no members', { partylist: [] }, { userids: [], departments: [], unreadable: 0 }],
    [
      'agent',
      'a name alone',
      { name: '门户' },
      {
        name: '门户',
        redirect_domain: '',
        allow_userinfos: { user: [] },
        allow_partys: { partyid: [] },
        allow_tags: { tagid: [] },
      },
    ],
  ] as [Endpoint, string, WecomAnswer, object][])(
    '%s: %s',
    async (endpoint, _, answer, expected) => {
      const got = (await ask[endpoint](answering({ errcode: 0, ...answer }))) as object;
      expect(JSON.parse(JSON.stringify(got))).toEqual(expected);
    },
  );
});

describe('a field that is readable is its value', () => {
  it.each([
    [
      'user',
      'digits in a text are the number',
      { userid: 'user123', status: '2', department: ['6', 7], main_department: '6' },
      { ...BARE, status: 2, department: [6, 7], main_department: 6 },
    ],
    [
      'user',
      'the case of a userid is WeCom’s',
      { userid: 'User123' },
      { ...BARE, userid: 'User123' },
    ],
    [
      'department',
      'fields that we do not use are dropped',
      { department: { id: '7', name: '研发', parentid: '1', order: 2, leader: ['x'] } },
      { name: '研发', name_en: '', parentid: 1 },
    ],
    [
      'departmentList',
      'ids and parents',
      { department: [{ id: 1, parentid: 0 }, { id: '2', parentid: '1', name: 7 }, { id: 3 }] },
      [{ id: 1, parentId: 0 }, { id: 2, parentId: 1 }, { id: 3 }],
    ],
    [
      'tag',
      'members folded and once, departments as digits',
      { tagname: '值班', userlist: [{ userid: 'U1' }, { userid: 'u1' }], partylist: [12, '13'] },
      { userids: ['u1'], departments: [12, 13], unreadable: 0 },
    ],
    [
      'tag',
      'a member of a linked corp is left out',
      { userlist: [{ userid: 'wwCorp/zhangsan' }] },
      { userids: [], departments: [], unreadable: 0 },
    ],
    [
      'tag',
      'a malformed member of a linked corp is unreadable',
      {
        userlist: ['/lisi', 'ww Corp/lisi', `${'w'.repeat(65)}/lisi`, 'wwCorp/', 'wwCorp/li si']
          .concat('wwCorp/lisi/lisi')
          .map((userid) => ({ userid })),
      },
      { userids: [], departments: [], unreadable: 6 },
    ],
    [
      'tag',
      'what cannot be read is counted, and the rest is read',
      {
        userlist: [{ userid: 'u1' }, { userid: 5 }, null, 'u2', { userid: 'a\bb' }],
        partylist: [12, '012', 0, 1.5, null],
      },
      { userids: ['u1'], departments: [12], unreadable: 8 },
    ],
  ] as [Endpoint, string, WecomAnswer, object][])(
    '%s: %s',
    async (endpoint, _, answer, expected) => {
      const got = (await ask[endpoint](answering({ errcode: 0, ...answer }))) as object;
      expect(JSON.parse(JSON.stringify(got))).toEqual(expected);
    },
  );
});

/** Values that are neither a whole number nor its digits. */
const NO_NUMBER = [
  null,
  true,
  '',
  ' 2',
  '2 ',
  '02',
  '2.0',
  '+2',
  '-2',
  -2,
  1.5,
  2 ** 60,
  '２',
  [2],
  {},
];

describe('a field that is present and unreadable is a bad answer', () => {
  it.each([
    ...NO_NUMBER.map((status) => ['user', { userid: 'user123', status }, ['status']]),
    ...NO_NUMBER.map((id) => [
      'user',
      { userid: 'user123', department: [1, id] },
      ['department.1'],
    ]),
    ...[null, 6, '6', {}, 'x'].map((department) => [
      'user',
      { userid: 'user123', department },
      ['department'],
    ]),
    ['user', { userid: 'user123', department: [0] }, ['department.0']],
    ['user', { userid: 'user123', department: [2 ** 32] }, ['department.0']],
    ['user', { userid: 'user123', main_department: 'x' }, ['main_department']],
    ['user', { userid: 'user123', name: 7, email: ['CANARY'] }, ['name', 'email']],
    ['user', {}, ['userid']],
    ['user', { userid: 7, name: 'CANARY' }, ['userid']],
    ['userInfo', { userid: 7 }, ['userid']],
    ['userInfo', { userid: ['user123'] }, ['userid']],
    ['userInfo', { userid: 'user123', user_ticket: {} }, ['user_ticket']],
    ['userDetail', { mobile: 'CANARY' }, ['userid']],
    ['userDetail', { userid: 'user123', mobile: 13800138000 }, ['mobile']],
    ['department', { department: 'CANARY' }, ['department']],
    ['department', {}, ['department']],
    ['department', { department: { parentid: 'x' } }, ['department.parentid']],
    ['departmentList', {}, ['department']],
    ['departmentList', { department: [{ id: 1 }, { id: '1e3' }] }, ['department.1.id']],
    ['departmentList', { department: [{ id: 1, parentid: -1 }] }, ['department.0.parentid']],
    ['tag', { userlist: {} }, ['userlist']],
    ['tag', { userlist: [], partylist: null }, ['partylist']],
    ['agent', { close: 'yes' }, ['close']],
    ['agent', { allow_partys: { partyid: ['x'] } }, ['allow_partys.partyid.0']],
  ] as [Endpoint, WecomAnswer, string[]][])(
    '%s %j names the fields, and no value',
    async (endpoint, answer, fields) => {
      const error = await ask[endpoint](answering(answer)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ERR_WECOM_BAD_BODY', details: { fields } });
      expect(JSON.stringify([error, String(error)])).not.toContain('CANARY');
    },
  );

  it('names ten fields at most', async () => {
    const department = Array.from({ length: 11 }, () => 'x');
    await expect(ask.user(answering({ userid: 'user123', department }))).rejects.toMatchObject({
      details: { fields: Array.from({ length: 10 }, (_, at) => `department.${at}`) },
    });
  });

  it('a tag with neither members nor departments', async () => {
    await expect(ask.tag(answering({ tagname: 'x' }))).rejects.toMatchObject({
      code: 'ERR_WECOM_BAD_BODY',
    });
  });
});

describe('an answer about another member or department is a bad answer', () => {
  it.each([
    ['user', { userid: 'bob' }],
    ['user', { userid: 'user123#b' }],
    ['user', { userid: 'user123 ' }],
    ['user', { userid: `user123${'0'.repeat(80)}` }],
    // The Kelvin sign folds to k, and no userid has it.
    ['user', { userid: 'user123\u212A' }],
    ['userDetail', { userid: 'bob', mobile: '13800138000' }],
    ['userDetail', { userid: '', mobile: '13800138000' }],
    ['department', { department: { id: 8, name: 'x' } }],
  ] as [Endpoint, WecomAnswer][])('%s %j', async (endpoint, answer) => {
    const error = await ask[endpoint](answering(answer)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_WECOM_BAD_BODY' });
  });

  it('a userid in another case is the same member', async () => {
    const folding = answering({ userid: 'USER123' });
    expect(await ask.user(folding)).toMatchObject({ userid: 'USER123' });
    expect(await ask.userDetail(folding)).toEqual(NO_DETAIL);
  });
});

describe('an answer of any form', () => {
  const names = ['userid', 'name', 'department', 'status', 'userlist', 'partylist', '__proto__'];

  it('is read or is a bad answer, never another error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), async (answer) => {
        for (const endpoint of Object.keys(ask) as Endpoint[]) {
          const error = await ask[endpoint](answering(answer)).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (error) expect(error).toMatchObject({ code: 'ERR_WECOM_BAD_BODY' });
        }
      }),
    );
  });

  it('makes a member active only if the status is 1 or "1"', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.integer(), fc.constant('1')), async (status) => {
        const user = await ask
          .user(answering({ userid: 'user123', status }))
          .catch(() => undefined);
        expect(user !== undefined && isActive(user)).toBe(status === 1 || status === '1');
      }),
    );
  });
});
