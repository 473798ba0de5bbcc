import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from './driver.mjs';

const require = createRequire(import.meta.url);
const { Work } = require('node-easywechat');
const ServerRequest = require('node-easywechat/dist/Core/Http/ServerRequest');

const { CORPID, SECRET, AGENTID, CALLBACK_TOKEN, CALLBACK_KEY } = process.env;
const app = new Work({
  corp_id: CORPID,
  secret: SECRET,
  agent_id: AGENTID,
  token: CALLBACK_TOKEN,
  aes_key: CALLBACK_KEY,
  file_cache: { path: mkdtempSync(join(tmpdir(), 'node-easywechat-')) },
});
const client = app.getClient();
const answer = async (promise) => (await promise).toObject();
const get = (path, params) => answer(client.get(`cgi-bin/${path}`, { params }));
const post = (path, json) => answer(client.post(`cgi-bin/${path}`, { json }));

function requestOf({ msg_signature, timestamp, nonce, echostr, body }) {
  const query = { msg_signature, timestamp, nonce, ...(echostr && { echostr }) };
  const url = `http://localhost/?${new URLSearchParams(query)}`;
  app.setRequest(
    new ServerRequest(body ? 'POST' : 'GET', url, { 'content-type': 'text/xml' }, body),
  );
  return app.getServer();
}

await serve({
  token: async () => ({ token: await app.getAccessToken().getToken() }),
  code: async ({ code }) => ({ userid: (await (await app.getOAuth()).userFromCode(code)).getId() }),
  async detail({ code }) {
    const { user_ticket } = await get('auth/getuserinfo', { code });
    return post('auth/getuserdetail', { user_ticket });
  },
  user: ({ userid }) => get('user/get', { userid }),
  departments: async () => ({
    ids: (await get('department/list')).department.map(({ id }) => id),
  }),
  tags: async () => ({ names: (await get('tag/list')).taglist.map(({ tagname }) => tagname) }),
  ticket: async () => ({ ticket: await app.getTicket().getTicket() }),
  agentTicket: async ({ agentid }) => ({ ticket: await app.getTicket().getAgentTicket(agentid) }),
  agent: ({ agentid }) => get('agent/get', { agentid }),
  message: ({ agentid, userid, text }) =>
    post('message/send', { touser: userid, agentid, msgtype: 'text', text: { content: text } }),
  async push(given) {
    const message = await requestOf(given).getDecryptedMessage();
    return { event: message.Event };
  },
  async verify(given) {
    const response = await requestOf(given).serve();
    return { echo: response.getBody().toString() };
  },
  reply: ({ text, nonce, timestamp }) => ({
    xml: app.getEncryptor().encrypt(text, nonce, timestamp),
  }),
});
