import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseEnv, promisify } from 'node:util';
import { freeStackPort } from '../harness/freePorts.ts';

const run = promisify(execFile);

/** The OpenID provider under trial, with the emulated WeCom behind it. */
export interface Provider {
  readonly issuer: string;
  /** The emulator's URL. */
  readonly wecomUrl: string;
  /** Registers a client that needs `PERMISSION`. */
  addClient(client: NewClient): Promise<Credentials>;
}

/** The provider with changes of members, each by an operator's command. */
export interface Started extends Provider {
  /** Adds a member with the permission. */
  join(userid: string): Promise<void>;
  /** Gives a member another userid in WeCom. */
  rename(userid: string, renamed: string): Promise<void>;
  /** Deletes the member in WeCom. */
  leave(userid: string): Promise<void>;
  /** Signs a member in as a front end does. @returns the session's token */
  signIn(userid: string): Promise<string>;
  /** `npm run sessions -- end` */
  endSessions(userid: string): Promise<void>;
  close(): Promise<void>;
}

export interface NewClient {
  readonly id: string;
  readonly redirectUri: string;
  readonly postLogoutUri?: string;
  readonly backchannelLogoutUri?: string;
  readonly isPublic?: boolean;
  readonly refresh?: boolean;
  readonly emailDomain?: string;
}

export interface Credentials {
  readonly id: string;
  /** Empty for a public client. */
  readonly secret: string;
}

/** What a member needs to use the clients. */
export const PERMISSION = 'relying-parties';

/** The members of the emulated company that the trials sign in. */
export const MEMBERS = {
  withEmail: 'user123',
  withoutEmail: 'lisi',
  notPermitted: 'zhengshi',
} as const;

/**
 * Runs `npm start` on free ports, with an empty database.
 *
 * @param origins those whose pages may call the API
 * @throws Error with the stack's output
 */
export async function startProvider(origins: readonly string[]): Promise<Started> {
  if (existsSync('.env') && parseEnv(readFileSync('.env', 'utf8'))['WECOM_APP_SECRET']) {
    throw new Error(
      'The trials need the emulator, and .env names a real WeCom app. Move .env away.',
    );
  }
  const port = await freeStackPort();
  const environment = {
    ...withoutRealWecom(process.env),
    PORT: String(port),
    FRONT_END: origins.join(' '),
    NO_COLOR: '1',
    LC_ALL: 'en_US.UTF-8',
  };
  const stack = spawn(process.execPath, ['local/start.ts', '--fresh'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => stack.once('exit', () => resolve()));
  const close = async () => {
    stack.kill('SIGTERM');
    await ended;
    rmSync(`.local/${port}`, { recursive: true, force: true });
  };
  const printed: string[] = [];
  const ready = new Promise<void>((resolve) => {
    for (const input of [stack.stdout, stack.stderr]) {
      createInterface({ input }).on('line', (line) => {
        printed.push(line);
        if (line.includes('Ctrl-C stops everything.')) resolve();
      });
    }
  });
  const isReady = await Promise.race([ready.then(() => true), ended.then(() => false)]);
  if (!isReady) throw new Error(`The stack did not start:\n${printed.join('\n')}`);

  const node = async (file: string, ...parameters: string[]) =>
    (await run(process.execPath, [file, ...parameters], { env: environment })).stdout;
  const command = (name: string, ...parameters: string[]) =>
    node(`commands/${name}.ts`, ...parameters);
  const wecom = (...parameters: string[]) =>
    node('packages/emulator/source/start.ts', ...parameters);
  try {
    for (const userid of [MEMBERS.withEmail, MEMBERS.withoutEmail]) {
      await command('permissions', 'grant', `user:${userid}`, PERMISSION);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    issuer: `http://localhost:${port}`,
    wecomUrl: `http://127.0.0.1:${port + 500}`,
    async addClient({ id, redirectUri, isPublic, refresh, emailDomain, ...addresses }) {
      const { postLogoutUri, backchannelLogoutUri } = addresses;
      const options = [
        ...(postLogoutUri ? ['--post-logout-redirect-uri', postLogoutUri] : []),
        ...(backchannelLogoutUri ? ['--backchannel-logout-uri', backchannelLogoutUri] : []),
        ...['--name', `Trial of ${id}`, '--redirect-uri', redirectUri, '--permission', PERMISSION],
        ...(isPublic ? ['--public'] : []),
        ...(refresh ? ['--refresh'] : []),
        ...(emailDomain ? ['--email-domain', emailDomain] : []),
      ];
      const added = JSON.parse(await command('clients', 'add', id, ...options, '--json'));
      return { id: added.client_id, secret: added.client_secret ?? '' };
    },
    async join(userid) {
      await wecom('join', userid, '--name', userid, '--department', '2');
      await command('permissions', 'grant', `user:${userid}`, PERMISSION);
    },
    async rename(userid, renamed) {
      await wecom('rename', userid, renamed);
    },
    async leave(userid) {
      await wecom('leave', userid);
    },
    async signIn(userid) {
      const env = { ...environment, WECOM_AUTH_URL: `http://localhost:${port}` };
      const { stdout } = await run(process.execPath, ['docs/examples/session.mjs', userid], {
        env,
      });
      return stdout.trim();
    },
    async endSessions(userid) {
      await command('sessions', 'end', `user:${userid}`);
    },
    close,
  };
}

function withoutRealWecom({
  WECOM_CORP_ID: _corpId,
  WECOM_AGENT_ID: _agentId,
  WECOM_APP_SECRET: _secret,
  ...rest
}: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return rest;
}
