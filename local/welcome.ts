import { type Settings, USUAL_PORT } from './settings.ts';
import { terminal } from './terminal.ts';

/** Says what runs where, and what to try next. */
export function welcome({ ports, realWecom }: Settings, logFile: string): void {
  const site = `http://localhost:${ports.public}`;
  terminal.text();
  terminal.heading('wecom-auth runs on this machine');
  terminal.line('page', `${site}/`);
  terminal.line('API', `${site}/api/wecom/…, described at ${site}/openapi.yaml`);
  terminal.line(
    'WeCom',
    realWecom
      ? `the real one, corp ${realWecom.corpId}, agent ${realWecom.agentId}`
      : `emulated, http://127.0.0.1:${ports.wecom}/__admin/`,
  );
  terminal.line('DynamoDB', `embedded, http://127.0.0.1:${ports.dynamoDb}`);
  terminal.line('SSM', `stand-in, http://127.0.0.1:${ports.ssm}`);
  terminal.line('Lambda', `stand-in, http://127.0.0.1:${ports.invocation}/__dead-letters`);
  terminal.line('log', `${logFile} (in short below)`);
  terminal.text();
  terminal.heading('Try');
  // The other commands look for a stack that was not moved.
  const moved = ports.public === USUAL_PORT ? '' : `PORT=${ports.public} `;
  if (!realWecom) {
    terminal.command(
      `curl -X POST ${site}/api/wecom/getUserInfo -H "Content-Type: application/json" -d '{"code": "your_auth_code"}'`,
    );
    terminal.command(`curl ${site}/api/wecom/verify/user123`);
    terminal.command(`${moved}npm run wecom -- leave user123     # then verify again`);
  }
  if (realWecom) terminal.command(`${moved}npm run doctor     # whether this WeCom takes it`);
  terminal.command(`${moved}npm run permissions -- list`);
  terminal.text();
  terminal.note('Ctrl-C stops everything.');
  terminal.text();
}
