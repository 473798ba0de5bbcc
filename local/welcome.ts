import { DEFAULT_PORT, type Settings } from './settings.ts';
import { terminal } from './terminal.ts';

/** The client of the OpenID provider that `npm start` adds. */
export const DEMONSTRATION_CLIENT = 'demo';

/** Prints the addresses of the stack, and commands to try. */
export function welcome({ ports, realWecom }: Settings, logFile: string): void {
  const site = `http://localhost:${ports.public}`;
  terminal.text();
  terminal.heading('wecom-auth is running on this machine');
  terminal.line('page', `${site}/`);
  terminal.line('API', `${site}/api/wecom/…, specification: ${site}/openapi.yaml`);
  terminal.line(
    'OpenID',
    `${site}/.well-known/openid-configuration${realWecom ? '' : `, client ${DEMONSTRATION_CLIENT} (public, PKCE)`}`,
  );
  terminal.line(
    'WeCom',
    realWecom
      ? `the real one, corp ${realWecom.corpId}, agent ${realWecom.agentId}`
      : `emulated, http://127.0.0.1:${ports.wecom}/__admin/`,
  );
  terminal.line('DynamoDB', `embedded, http://127.0.0.1:${ports.dynamoDb}`);
  terminal.line('SSM', `stand-in, http://127.0.0.1:${ports.ssm}`);
  terminal.line('Lambda', `stand-in, http://127.0.0.1:${ports.invocation}/__dead-letters`);
  terminal.line('events', `stand-in, http://127.0.0.1:${ports.eventBridge}/__events`);
  terminal.line('log', `${logFile} (shortened below)`);
  terminal.text();
  terminal.heading('Try');
  // The other commands need PORT too.
  const portPrefix = ports.public === DEFAULT_PORT ? '' : `PORT=${ports.public} `;
  if (!realWecom) {
    terminal.command(
      `curl -X POST ${site}/api/wecom/getUserInfo -H "Content-Type: application/json" -d '{"code": "your_auth_code"}'`,
    );
    terminal.command(`curl ${site}/api/wecom/verify/user123`);
    terminal.command(`${portPrefix}npm run clients -- show ${DEMONSTRATION_CLIENT}`);
    terminal.command(`${portPrefix}npm run wecom -- leave user123     # then verify again`);
  }
  terminal.command(
    `${portPrefix}npm run clients -- add --name Mine --redirect-uri http://localhost:8080/callback     # then sign in to it`,
  );
  if (realWecom)
    terminal.command(`${portPrefix}npm run doctor     # check the connection to WeCom`);
  terminal.command(`${portPrefix}npm run permissions -- list`);
  terminal.text();
  terminal.note('Ctrl-C stops everything.');
  terminal.text();
}
