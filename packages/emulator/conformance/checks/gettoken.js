import { assert, refused, said, succeeded } from './expect.js';

const BAD_SECRETS = 30;

export const GETTOKEN = [
  {
    id: 'gettoken',
    facts: [4],
    documents: [91039],
    en: 'gettoken gives a token of at most 512 bytes for 7200 s',
    zh: 'gettoken 返回不超过 512 字节、有效期 7200 秒的 token',
    async run({ http, settings }) {
      const { access_token, expires_in, errmsg } = succeeded(
        await http.get('gettoken', { corpid: settings.corpid, corpsecret: settings.app.secret }),
      );
      assert.match(access_token, /^[\w-]{1,512}$/);
      assert.ok(expires_in > 0 && expires_in <= 7200, `expires_in is ${expires_in}`);
      assert.equal(errmsg, 'ok');
    },
  },
  {
    id: 'secret-before-corpid',
    facts: [4],
    documents: [90313],
    en: 'A missing secret is 41004, before the corpid is looked at',
    zh: '缺少 Secret 为 41004，先于对 corpid 的检查',
    async run({ http, settings }) {
      refused(await http.get('gettoken'), 41004, 'corpsecret missing', { hint: true });
      refused(await http.get('gettoken', { corpid: settings.corpid }), 41004);
    },
  },
  {
    id: 'corpid-missing',
    facts: [4],
    documents: [90313],
    observes: true,
    en: 'A missing corpid is 41002; its text is not known',
    zh: '缺少 corpid 为 41002，其 errmsg 未知',
    async run({ http }) {
      const response = await http.get('gettoken', { corpsecret: 'x' });
      refused(response, 41002);
      return said(response);
    },
  },
  {
    id: 'unknown-corp',
    facts: [4],
    documents: [90313],
    en: 'An unknown corpid is 40013',
    zh: '未知的 corpid 为 40013',
    async run({ http }) {
      const query = { corpid: 'ww0000000000000000', corpsecret: 'x' };
      refused(await http.get('gettoken', query), 40013, 'invalid corpid', { hint: true });
    },
  },
  {
    id: 'wrong-secret',
    facts: [4],
    documents: [90313],
    needs: ['--bans'],
    en: 'A wrong secret is 40001',
    zh: '错误的 Secret 为 40001',
    async run({ http, settings }) {
      const query = { corpid: settings.corpid, corpsecret: 'wrong' };
      refused(await http.get('gettoken', query), 40001, 'invalid credential', { hint: true });
    },
  },
  {
    id: 'repeated-gettoken',
    facts: [4],
    documents: [91039],
    observes: true,
    en: 'A repeated gettoken: the same token or another one, and its expires_in',
    zh: '重复调用 gettoken：返回相同还是不同的 token，以及 expires_in',
    async run({ http, settings }) {
      const query = { corpid: settings.corpid, corpsecret: settings.app.secret };
      const first = succeeded(await http.get('gettoken', query));
      const second = succeeded(await http.get('gettoken', query));
      for (const { access_token } of [first, second]) {
        succeeded(await http.get('tag/list', { access_token }));
      }
      const same = first.access_token === second.access_token ? 'the same' : 'another one';
      return `${same}, both valid; expires_in ${first.expires_in}, then ${second.expires_in}`;
    },
  },
  {
    id: 'ban',
    facts: [4],
    documents: [91039],
    needs: ['--bans'],
    last: true,
    observes: true,
    en: `${BAD_SECRETS} wrong secrets: 45009 for the address`,
    zh: `连续 ${BAD_SECRETS} 次错误的 Secret：该 IP 返回 45009`,
    async run({ http, settings }) {
      const query = { corpid: settings.corpid, corpsecret: 'wrong' };
      for (let count = 1; count <= BAD_SECRETS; count += 1) {
        const response = await http.get('gettoken', query);
        if (response.json.errcode !== 40001) return `after ${count - 1}: ${said(response)}`;
      }
      return `not banned after ${BAD_SECRETS}`;
    },
  },
];
