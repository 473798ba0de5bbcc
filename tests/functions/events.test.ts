import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { contextOf } from '../harness/gateway.ts';
import { permit } from '../harness/permit.ts';
import { DOMAIN_PROOF, type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;
let handlers: ReturnType<Stack['handlers']>;

beforeAll(async () => {
  stack = await startStack();
  handlers = stack.handlers();
});

const invoked = new Set<string>();

/** As `serverless invoke local -f getUserInfo -p events/getUserInfo-base64.json` does. */
async function invoke(event: string) {
  invoked.add(event);
  const [functionName = ''] = event.split(/[-.]/);
  const handler = handlers[functionName as keyof typeof handlers];
  const read = createRequire(import.meta.url);
  const { statusCode, headers, body } = await handler(read(`../../events/${event}`), contextOf());
  return { status: statusCode, headers, body: String(body) };
}

/** What a JSON answer begins to say. */
const said = (message: string) => expect.stringContaining(`"message":"${message}`);

describe('the sample events', () => {
  it.each([
    ['getUserInfo.json', 200, said('success')],
    ['getUserInfo-base64.json', 200, said('success')],
    ['getUserInfo-missing-code.json', 400, said('缺少授权码')],
    ['getUserInfo-no-body.json', 400, said('缺少授权码')],
    ['getUserInfo-not-json.json', 400, said('请求体不是有效的 JSON')],
    ['getUserInfo-wrong-content-type.json', 400, said('Content-Type 必须是 application/json')],
    ['getUserInfo-unknown-code.json', 401, said('invalid code')],
    ['getUserInfo-unknown-state.json', 401, said('登录状态无效或已过期，请重新登录')],
    ['authorize-by-script.js', 200, said('success')],
    ['authorize-unlisted-redirect.json', 400, said('redirect_uri 不在允许的列表中')],
    ['jssdk.json', 200, said('success')],
    ['jssdk-unlisted-page.json', 400, said('url 不在允许的来源中')],
    ['callback-verification.js', 200, '1616140317555161061'],
    ['callback-forged.json', 403, said('回调验证失败')],
    ['jwks.json', 200, expect.stringContaining('"kty":"RSA"')],
    ['openidConfiguration.json', 200, expect.stringContaining('"issuer":"http://localhost:3000"')],
    ['openid-unknown-client.json', 400, expect.stringContaining('invalid_client')],
    ['openid-by-form.json', 303, ''],
    ['openid-wecom-without-state.json', 400, expect.stringMatching(/^<!doctype html>/)],
    ['openid-logged-out.json', 200, expect.stringMatching(/^<!doctype html>/)],
    ['openid-account.json', 200, expect.stringMatching(/^<!doctype html>/)],
    ['openidToken-unknown-client.json', 401, expect.stringContaining('"error":"invalid_client"')],
    ['openidToken-unknown-token.json', 401, expect.stringContaining('"error":"invalid_token"')],
    ['openidToken-preflight.json', 204, ''],
    ['adminDirectory-no-session.json', 401, said('未登录或登录已失效')],
    ['adminPermissions-no-session.json', 401, said('未登录或登录已失效')],
    ['adminClients-no-session.json', 401, said('未登录或登录已失效')],
    ['adminPage.json', 200, expect.stringContaining('<!doctype html>')],
    ['domainProof.json', 200, DOMAIN_PROOF],
    ['notFound.json', 404, said('接口不存在')],
    ['notFound-preflight.json', 204, ''],
    ['notFound-wrong-method.json', 405, said('请求方法不支持')],
  ])('events/%s is answered with %i', async (event, status, body) => {
    expect(await invoke(event)).toMatchObject({ status, body });
  });

  it('events/verify*.json are answered by what is granted', async () => {
    const authorized = async (event: string) => {
      const { status, body } = await invoke(event);
      expect(status).toBe(200);
      return JSON.parse(body).data.authorized;
    };
    expect(await authorized('verify.json')).toBe(false);
    await permit(stack, 'member#user123');
    expect(await authorized('verify.json')).toBe(true);
    expect(await authorized('verify-permission.json')).toBe(false);
    await permit(stack, 'member#user123', 'report:read');
    expect(await authorized('verify-permission.json')).toBe(true);
    expect(await authorized('verify-unknown-member.json')).toBe(false);
    expect(await invoke('verify-invalid-userid.json')).toMatchObject({
      status: 400,
      body: said('用户ID格式不正确'),
    });
  });

  // After the questions about user123: who was deleted is refused for a minute.
  it.each(['callback-unsubscribe.js', 'callback-delete-user.js', 'callback-update-tag.js'])(
    'events/%s is acknowledged',
    async (event) => {
      expect(await invoke(event)).toMatchObject({ status: 200, body: '' });
    },
  );

  it.each([
    ['authorize.js', '/wwlogin/sso/login?login_type=CorpApp&'],
    ['authorize-inside-wecom.js', '/connect/oauth2/authorize?appid='],
  ])('events/%s is answered with a redirect to %s…', async (event, page) => {
    const { status, headers } = await invoke(event);
    expect(status).toBe(302);
    expect(headers?.['location']).toContain(page);
  });

  it('events/authorize*.js return to the page of the stack that runs on PORT', async () => {
    const load = "console.log(require('./events/authorize.js').queryStringParameters.redirect_uri)";
    const env = { ...process.env, PORT: '4000' };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', load], { env });
    expect(stdout.trim()).toBe('http://localhost:4000/');
  });

  it('are all of those in events/', () => {
    expect([...invoked].sort()).toEqual(readdirSync('events').sort());
  });

  it('find a function that `serverless invoke local` can load', async () => {
    // It uses `require`, which takes no module that awaits something while it is loaded. In a process
    // of its own: loaded twice in one, a file's coverage is of neither.
    const load = "console.log(typeof require('./functions/callback.ts').handler)";
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', load]);
    expect(stdout.trim()).toBe('function');
  });
});
