import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getDepartment } from '../../../lib/wecom/api/getDepartment.ts';
import { getTag } from '../../../lib/wecom/api/getTag.ts';
import { getToken } from '../../../lib/wecom/api/getToken.ts';
import { getUser } from '../../../lib/wecom/api/getUser.ts';
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

/** How each is asked. */
const ask = {
  userInfo: (client: WecomClient) => getUserInfo(client, 'the-code', invocation),
  userDetail: (client: WecomClient) => getUserDetail(client, 'the-ticket', invocation),
  user: (client: WecomClient) => getUser(client, 'user123', invocation),
  department: (client: WecomClient) => getDepartment(client, 7, invocation),
  tag: (client: WecomClient) => getTag(client, 3, invocation),
  token: (client: WecomClient) => getToken(client, 'corp', 'the-secret', invocation),
};
type Endpoint = keyof typeof ask;

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
    ['tag', { api: 'tag/get', query: { tagid: '3' }, idempotent: true }],
    [
      'token',
      {
        api: 'gettoken',
        query: { corpid: 'corp', corpsecret: 'the-secret' },
        idempotent: true,
      },
    ],
  ] as [Endpoint, WecomCall][])(
    'of %s asks so; what spends a code or a ticket is never sent twice',
    async (endpoint, expected) => {
      const calls: WecomCall[] = [];
      await ask[endpoint](async (call) => {
        calls.push(call);
        return { userid: 'user123', department: {} };
      });
      expect(calls).toEqual([expected]);
    },
  );
});

describe('an answer', () => {
  const NOBODY = { userid: '', user_ticket: '' };
  const BARE = { userid: 'u', name: '', position: '', mobile: '', email: '', biz_mail: '' };

  it.each([
    ['userInfo', 'of a visitor who is no member', { openid: 'o', external_userid: 'x' }, NOBODY],
    ['userInfo', 'with null for what there is not', { userid: null, user_ticket: null }, NOBODY],
    ['userDetail', 'with nothing', {}, { mobile: '', email: '', biz_mail: '' }],
    [
      'userDetail',
      'in other types',
      { mobile: 138, email: ['a'], biz_mail: null },
      { mobile: '', email: '', biz_mail: '' },
    ],
    ['user', 'with a userid alone', { userid: 'u' }, { ...BARE, department: [] }],
    [
      'user',
      'in other types',
      { userid: 'u', name: 7, department: '2', main_department: '2', status: 1.5 },
      { ...BARE, department: [] },
    ],
    ['department', 'without names', { department: {} }, { name: '', name_en: '' }],
    [
      'department',
      'with more than is known',
      { department: { id: 7, name: '研发', parentid: 1, order: 2, leader: ['x'] } },
      { name: '研发', name_en: '', parentid: 1 },
    ],
    ['tag', 'with nothing', {}, { userlist: [], partylist: [] }],
    [
      'tag',
      'with what belongs to it',
      { tagname: '值班', userlist: [{ userid: 'u', name: '李' }], partylist: [12] },
      { userlist: [{ userid: 'u' }], partylist: [12] },
    ],
  ] as [Endpoint, string, WecomAnswer, object][])(
    'of %s %s is read',
    async (endpoint, _what, answer, expected) => {
      const got = (await ask[endpoint](answering({ errcode: 0, ...answer }))) as object;
      expect(JSON.parse(JSON.stringify(got))).toEqual(expected);
    },
  );

  it.each([
    ['user', {}, ['userid']],
    ['user', { userid: 7, name: 'CANARY' }, ['userid']],
    ['department', { department: 'CANARY' }, ['department']],
    ['department', {}, ['department']],
  ] as [Endpoint, WecomAnswer, string[]][])(
    'of %s that means nothing (%j) is a bad body that names the field, and no value',
    async (endpoint, answer, fields) => {
      const error = await ask[endpoint](answering(answer)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ERR_WECOM_BAD_BODY', details: { fields } });
      expect(JSON.stringify([error, String(error)])).not.toContain('CANARY');
    },
  );

  it('of any other form is read or a bad body, never a defect', async () => {
    const names = ['userid', 'name', 'department', 'status', 'userlist', 'partylist', '__proto__'];
    const answers = fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        for (const endpoint of ['userInfo', 'userDetail', 'user', 'department', 'tag'] as const) {
          const error = await ask[endpoint](answering(answer)).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (error) expect(error).toMatchObject({ code: 'ERR_WECOM_BAD_BODY' });
        }
      }),
    );
  });
});
