import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import createConnector from '@logto/connector-wecom';

/*
 * logto's connector behind a few lines. Logto reads the connector's configuration from its database at each
 * sign-in; here it is a file. The statuses are those of Logto's koa-connector-error-handler.
 */

const { PORT, WECOM_CORP_ID, WECOM_AGENT_ID, SECRET_FILE } = process.env;
const connector = await createConnector({
  getConfig: async () => ({
    corpId: WECOM_CORP_ID,
    agentId: WECOM_AGENT_ID,
    appSecret: readFileSync(SECRET_FILE, 'utf8'),
  }),
});
const STATUS = {
  invalid_response: 400,
  invalid_request_parameters: 400,
  social_auth_code_invalid: 401,
  social_invalid_access_token: 401,
};

createServer(async (request, response) => {
  const send = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.method !== 'POST') return send(404, {});
  try {
    const { id: userid, name } = await connector.getUserInfo({ code: (await json(request)).code });
    send(200, { code: 0, message: 'success', data: { userid, name } });
  } catch ({ code, data, message }) {
    send(STATUS[code] ?? 500, { code: data?.errcode ?? code ?? message });
  }
}).listen(Number(PORT), '127.0.0.1');
