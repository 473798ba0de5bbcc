import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** The stack's ports on this machine, and the WeCom that it calls. */
export interface Settings {
  readonly ports: Ports;
  /** The app in the real WeCom; absent: the emulator is used. */
  readonly realWecom: RealWecom | undefined;
}

export interface Ports {
  /** The API and the demonstration page. */
  readonly public: number;
  readonly gateway: number;
  readonly lambda: number;
  readonly wecom: number;
  readonly ssm: number;
  readonly dynamoDb: number;
  /** Lambda's asynchronous invocation. */
  readonly invocation: number;
  readonly eventBridge: number;
  readonly sqs: number;
}

export interface RealWecom {
  readonly corpId: string;
  readonly agentId: string;
  readonly secret: string;
}

/** Used if `PORT` is not set. */
export const DEFAULT_PORT = 3000;

const REAL = ['WECOM_CORP_ID', 'WECOM_AGENT_ID', 'WECOM_APP_SECRET'] as const;

/**
 * Reads the settings from the environment, then from `.env`.
 *
 * @throws Error with a message that says what to set
 */
export function readSettings(): Settings {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const port = Number(process.env['PORT'] || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_000) {
    throw new Error('PORT must be a port from 1 to 65000.');
  }
  const missing = REAL.filter((name) => !process.env[name]);
  if (missing.length > 0 && missing.length < REAL.length) {
    throw new Error(
      `The real WeCom also needs ${missing.join(' and ')}. Set ${missing.length > 1 ? 'them' : 'it'} as in .env.example.`,
    );
  }
  const agentId = process.env['WECOM_AGENT_ID'];
  if (missing.length === 0 && !/^\d+$/.test(agentId ?? '')) {
    throw new Error(
      "WECOM_AGENT_ID must be a number: the AgentId on the app's page in WeCom's console.",
    );
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
      eventBridge: port + 505,
      sqs: port + 506,
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

/** @returns the `corsOrigins` of the local stage: other origins that may call its API */
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
