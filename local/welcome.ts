import { say, type Text } from '../packages/emulator/source/commands/language.ts';
import { DEFAULT_PORT, type Settings } from './settings.ts';
import { terminal } from './terminal.ts';

/** The client of the OpenID provider that `npm start` adds. */
export const DEMONSTRATION_CLIENT = 'demo';

/** The last line, which says that the stack is ready. */
const STOP: Text = { en: 'Ctrl-C stops everything.', zh: '按 Ctrl-C 停止全部服务。' };

/**
 * Prints the addresses of the stack, and commands to try.
 *
 * @param seconds how long the start took
 */
export function welcome(settings: Settings, logFile: string, seconds: number): void {
  const { ports, site, frontEnds, verifyAccess, realWecom } = settings;
  const line = (name: Text, text: Text) => terminal.line(say(name), say(text));
  const at = (url: string, what: Text): Text => ({
    en: `${what.en}, ${url}`,
    zh: `${what.zh}，${url}`,
  });
  const standIn: Text = { en: 'stand-in', zh: '模拟服务' };
  const same = (text: string): Text => ({ en: text, zh: text });
  const took = seconds.toFixed(0);

  terminal.text();
  terminal.heading(
    say({
      en: `wecom-auth is running on this machine, after ${took} s`,
      zh: `wecom-auth 已在本机运行，用时 ${took} 秒`,
    }),
  );
  line({ en: 'page', zh: '演示页面' }, same(`${site}/`));
  line({ en: 'admin page', zh: '权限管理' }, same(`${site}/admin`));
  for (const page of frontEnds) line({ en: 'front end', zh: '自己的前端' }, same(page.href));
  line(same('API'), {
    en: `${site}/api/wecom/…, specification: ${site}/openapi.yaml`,
    zh: `${site}/api/wecom/…，接口说明：${site}/openapi.yaml`,
  });
  const client = realWecom ? '' : `, client ${DEMONSTRATION_CLIENT} (public, PKCE)`;
  line(same('OpenID'), same(`${site}/.well-known/openid-configuration${client}`));
  line(
    { en: 'WeCom', zh: '企业微信' },
    realWecom
      ? {
          en: `the real one, corp ${realWecom.corpId}, agent ${realWecom.agentId}`,
          zh: `真实的企业微信，企业 ${realWecom.corpId}，应用 ${realWecom.agentId}`,
        }
      : at(`http://127.0.0.1:${ports.wecom}/__admin/`, { en: 'emulated', zh: '模拟器' }),
  );
  line(same('DynamoDB'), at(`http://127.0.0.1:${ports.dynamoDb}`, { en: 'embedded', zh: '内嵌' }));
  line(same('SSM'), at(`http://127.0.0.1:${ports.ssm}`, standIn));
  line(same('Lambda'), at(`http://127.0.0.1:${ports.invocation}/__dead-letters`, standIn));
  line({ en: 'events', zh: '事件' }, at(`http://127.0.0.1:${ports.eventBridge}/__events`, standIn));
  line(
    { en: 'log', zh: '日志' },
    { en: `${logFile} (shortened below)`, zh: `${logFile}（下方为摘要）` },
  );
  terminal.text();
  terminal.heading(say({ en: 'Try', zh: '试一试' }));
  // The other commands need PORT too.
  const portPrefix = ports.public === DEFAULT_PORT ? '' : `PORT=${ports.public} `;
  const command = (text: string, comment?: Text) =>
    terminal.command(comment ? `${text}     # ${say(comment)}` : text);
  if (!realWecom) {
    command(
      `curl -X POST ${site}/api/wecom/getUserInfo -H "Content-Type: application/json" -d '{"code": "your_auth_code"}'`,
    );
    // With sessions it would be refused.
    if (verifyAccess === 'open') command(`curl ${site}/api/wecom/verify/user123`);
    command(`${portPrefix}npm run wecom -- leave user123`, {
      en: 'then verify again; join brings them back',
      zh: '然后再查询一次；join 可以恢复',
    });
  }
  command(
    `${portPrefix}npm run clients -- add --name Mine --redirect-uri http://localhost:8080/callback`,
    { en: 'then sign in to it', zh: '然后登录这个应用' },
  );
  if (realWecom) {
    command(`${portPrefix}npm run doctor`, {
      en: 'checks the connection to WeCom',
      zh: '检查与企业微信的连接',
    });
  }
  command(`${portPrefix}npm run permissions -- list`);
  terminal.text();
  terminal.note(say(STOP));
  terminal.text();
}
