import type { Table } from '../lib/dynamodb/table.ts';
import type { WecomOptions } from '../packages/emulator/source/options.ts';
import { startWecom, type Wecom } from '../packages/emulator/source/server.ts';
import { startAws } from './aws.ts';

/** The services that the functions call, and the environment that points to them. */
export interface Services {
  readonly wecom: Wecom;
  /** The app of the functions. */
  readonly app: Wecom['company']['apps'][number];
  readonly permissions: Table;
  readonly environment: Record<string, string>;
  close(): Promise<void>;
}

const AGENT_ID = 1000002;

export async function startServices(wecomOptions?: WecomOptions): Promise<Services> {
  const wecom = await startWecom(wecomOptions);
  const app = wecom.company.apps.find(({ agentid }) => agentid === AGENT_ID);
  if (app === undefined) throw new Error('the fixture company has no main app');
  const aws = await startAws(app.secret);
  return {
    wecom,
    app,
    permissions: aws.permissions,
    environment: {
      ...aws.environment,
      WECOM_CORP_ID: wecom.company.corpid,
      WECOM_AGENT_ID: String(AGENT_ID),
      WECOM_API_BASE_URL: wecom.url,
    },
    async close() {
      await Promise.all([wecom.close(), aws.close()]);
    },
  };
}
