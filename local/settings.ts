import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { UserError } from '../packages/emulator/source/commands/language.ts';

/** What the environment and `.env` set. */
export interface Settings {
  readonly ports: Ports;
  /** The address of the stack for browsers: `PUBLIC_URL`, or that of its port on this machine. */
  readonly site: string;
  /** Pages of one's own to which WeCom may return. Their origins may call the API. */
  readonly frontEnds: readonly URL[];
  readonly verifyAccess: (typeof VERIFY_ACCESS)[number];
  /** The app in the real WeCom; absent: the emulator is used. */
  readonly realWecom: RealWecom | undefined;
}

/** The stack's ports on this machine. */
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

const VERIFY_ACCESS = ['open', 'session'] as const;

const REAL = ['WECOM_CORP_ID', 'WECOM_AGENT_ID', 'WECOM_APP_SECRET'] as const;

/**
 * Puts the variables of `.env` into this process's environment, which its child processes inherit. A
 * variable that is set already wins. Editors on Windows begin the file with a byte order mark, which
 * Node would take for a part of the first name.
 */
export function loadEnvironmentFile(): void {
  if (!existsSync('.env')) return;
  const variables = parseEnv(readFileSync('.env', 'utf8').replace(/^\uFEFF/, ''));
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value;
}

/**
 * Reads the settings. `npm start -- --help` and docs/local.md list them.
 *
 * @throws UserError that says what to set
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const port = Number(environment['PORT'] || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_000) {
    throw new UserError({
      en: 'PORT must be a port from 1 to 65000.',
      zh: 'PORT 必须是 1 到 65000 之间的端口。',
    });
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
    site: publicUrl(environment['PUBLIC_URL']) ?? new URL(`http://localhost:${port}`).origin,
    frontEnds: frontEnds(environment['FRONT_END']),
    verifyAccess: verifyAccess(environment['VERIFY_ACCESS']),
    realWecom: realWecom(environment),
  };
}

/** @returns the origin without a slash at its end */
function publicUrl(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const url = pageOf(text);
  if (url?.href !== `${url?.origin}/`) {
    throw new UserError({
      en: `PUBLIC_URL must be an address without a path, such as https://dev.example.com, not ${text}`,
      zh: `PUBLIC_URL 必须是不带路径的地址，例如 https://dev.example.com，而不是 ${text}`,
    });
  }
  return url.origin;
}

function verifyAccess(text: string | undefined): Settings['verifyAccess'] {
  const found = VERIFY_ACCESS.find((each) => each === (text || 'open'));
  if (found !== undefined) return found;
  throw new UserError({
    en: `VERIFY_ACCESS must be open or session, not ${text}`,
    zh: `VERIFY_ACCESS 必须是 open 或 session，而不是 ${text}`,
  });
}

function frontEnds(text: string | undefined): URL[] {
  const words = (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
  return words.map((word) => {
    const url = pageOf(word);
    if (url === undefined || url.hash !== '') {
      throw new UserError({
        en: `FRONT_END must be the address of the page that WeCom returns to, such as http://localhost:5173 or http://localhost:5173/sign-in, not ${word}`,
        zh: `FRONT_END 必须是企业微信登录后返回的页面地址，例如 http://localhost:5173 或 http://localhost:5173/sign-in，而不是 ${word}`,
      });
    }
    return url;
  });
}

/** @returns an https address, or http on this machine; browsers sign in from no other page */
function pageOf(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  const isLocal = /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLocal) ? url : undefined;
}

function realWecom(environment: NodeJS.ProcessEnv): RealWecom | undefined {
  const [corpId, agentId, secret] = REAL.map((name) => environment[name] ?? '');
  const missing = REAL.filter((name) => !environment[name]);
  if (missing.length === REAL.length) return undefined;
  if (missing.length > 0 || !corpId || !agentId || !secret) {
    throw new UserError({
      en: `The real WeCom also needs ${missing.join(' and ')}. Set ${missing.length > 1 ? 'them' : 'it'} as in .env.example.`,
      zh: `连接真实的企业微信还需要 ${missing.join(' 和 ')}，写法见 .env.example。`,
    });
  }
  if (!/^\d+$/.test(agentId)) {
    throw new UserError({
      en: "WECOM_AGENT_ID must be a number: the AgentId on the app's page in WeCom's console.",
      zh: 'WECOM_AGENT_ID 必须是数字：即管理后台应用详情页上的 AgentId。',
    });
  }
  return { corpId, agentId, secret };
}
