import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** Where the stack listens, all on this machine, and which WeCom it talks to. */
export interface Settings {
  readonly ports: Ports;
  /** The real WeCom's app, or nothing: then the emulator plays WeCom. */
  readonly realWecom: RealWecom | undefined;
}

export interface Ports {
  /** What a person opens: the API and the demonstration page. */
  readonly public: number;
  readonly gateway: number;
  readonly lambda: number;
  readonly wecom: number;
  readonly ssm: number;
  readonly dynamoDb: number;
  /** Lambda's asynchronous invocation. */
  readonly invocation: number;
}

export interface RealWecom {
  readonly corpId: string;
  readonly agentId: string;
  readonly secret: string;
}

/** Of `PORT` when it is not set. */
export const USUAL_PORT = 3000;

const REAL = ['WECOM_CORP_ID', 'WECOM_AGENT_ID', 'WECOM_APP_SECRET'] as const;

/**
 * Reads `.env` and the environment (which wins).
 *
 * @throws Error with a message for the person at the terminal
 */
export function readSettings(): Settings {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const port = Number(process.env['PORT'] || USUAL_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_000) {
    throw new Error('PORT must be a port from 1 to 65000.');
  }
  const missing = REAL.filter((name) => !process.env[name]);
  if (missing.length > 0 && missing.length < REAL.length) {
    throw new Error(`For the real WeCom set ${missing.join(' and ')} as well (see .env.example).`);
  }
  const agentId = process.env['WECOM_AGENT_ID'];
  if (missing.length === 0 && !/^\d+$/.test(agentId ?? '')) {
    throw new Error('WECOM_AGENT_ID must be a number: the AgentId on the page of the app.');
  }
  return {
    ports: {
      public: port,
      gateway: port + 1,
      lambda: port + 2,
      wecom: port + 500,
      ssm: port + 502,
      dynamoDb: port + 503,
      invocation: port + 504,
    },
    realWecom:
      missing.length > 0
        ? undefined
        : {
            corpId: process.env['WECOM_CORP_ID'] ?? '',
            agentId: process.env['WECOM_AGENT_ID'] ?? '',
            secret: process.env['WECOM_APP_SECRET'] ?? '',
          },
  };
}

/** The `corsOrigins` of the local stage: the pages elsewhere that may ask its API. */
export function listedOrigins(environment: NodeJS.ProcessEnv): string[] {
  const { corsOrigins = [] } = parse(readFileSync('stages/local.yml', 'utf8'));
  return [corsOrigins]
    .flat()
    .join(' ')
    .replace(
      /\$\{env:(\w+)(?:, '(.*?)')?\}/g,
      (_, name, otherwise = '') => environment[name] ?? otherwise,
    )
    .split(/[\s,]+/)
    .filter((origin) => origin !== '');
}
