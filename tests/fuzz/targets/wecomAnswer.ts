import { readAnswer } from '../../../lib/wecom/answer.ts';
import { getAgent } from '../../../lib/wecom/api/getAgent.ts';
import { getDepartment } from '../../../lib/wecom/api/getDepartment.ts';
import { getDepartmentList } from '../../../lib/wecom/api/getDepartmentList.ts';
import { getTag } from '../../../lib/wecom/api/getTag.ts';
import { getToken } from '../../../lib/wecom/api/getToken.ts';
import { getUser } from '../../../lib/wecom/api/getUser.ts';
import { getUserDetail } from '../../../lib/wecom/api/getUserDetail.ts';
import { getUserInfo } from '../../../lib/wecom/api/getUserInfo.ts';
import type { WecomClient } from '../../../lib/wecom/client.ts';
import { WecomBadBody, WecomErrcode } from '../../../lib/wecom/errors.ts';
import { isSameUserid } from '../../../lib/wecom/userid.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { must, type Target } from '../target.ts';

/* The bodies of WeCom's responses: an answer, an errcode, or a bad body; never a secret, never another member. */

const SECRET = 'the-secret-of-the-app';
const invocation = createInvocation();

export default {
  seeds: [
    '{"errcode":0,"errmsg":"ok","userid":"user123","user_ticket":"t"}',
    '{"errcode":0,"userid":"user123","name":"a","department":[1,2],"main_department":1,"status":1,"mobile":"1","email":"a@b"}',
    '{"errcode":0,"department":{"id":7,"name":"a","name_en":"b","parentid":1,"order":1}}',
    '{"errcode":0,"department":[{"id":7,"name":"a","parentid":1},{"id":1,"parentid":0}]}',
    '{"errcode":0,"tagname":"a","userlist":[{"userid":"a","name":"b"}],"partylist":[2]}',
    '{"errcode":0,"access_token":"T","expires_in":7200}',
    '{"errcode":40029,"errmsg":"invalid code, hint: [1], from ip: 1.2.3.4, more info at https://a"}',
    `{"errcode":40001,"errmsg":"invalid credential ${SECRET}"}`,
    '{"errcode":"0","userid":"\u0001"}',
  ],
  async run(input) {
    const text = input.toString();
    const client: WecomClient = ({ api }) => readAnswer(api, text, [SECRET]);
    const calls = [
      () => getUserInfo(client, 'c', invocation),
      () => getUserDetail(client, 't', 'user123', invocation),
      async () => {
        const { userid } = await getUser(client, 'user123', invocation);
        must(isSameUserid(userid, 'user123'), 'another member was read');
      },
      () => getDepartment(client, 7, invocation),
      () => getDepartmentList(client, invocation),
      () => getTag(client, 3, invocation),
      () => getAgent(client, '1000002', invocation),
      () => getToken(client, 'ww1', SECRET, invocation),
    ];
    for (const call of calls) {
      try {
        await call();
      } catch (error) {
        if (!(error instanceof WecomErrcode || error instanceof WecomBadBody)) throw error;
        const shown = `${error.message} ${JSON.stringify(error.details)}`;
        must(!shown.includes(SECRET), 'an error has the secret');
        must(shown.length < 2_000, 'an error is long');
      }
    }
  },
} satisfies Target;
