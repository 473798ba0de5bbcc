import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import { type Client, saveClient } from '../../lib/openid/clients.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import { Browser } from '../../tests/harness/browser.ts';
import { listen } from '../../tests/harness/listen.ts';
import { newClient } from '../../tests/harness/openidClient.ts';
import { type Provider, startProvider } from './provider.ts';

export interface Way {
  readonly name: string;
  /** Whether it takes a minute or more. */
  readonly isSlow: boolean;
  readonly change: (provider: Provider, userid: string) => void;
  /** Whether no event of WeCom arrives. */
  readonly losesEvents?: boolean;
  /** What the third application does. */
  readonly third?: 'is down for a minute' | 'never responds';
}

export interface Leaving {
  readonly name: string;
  /** Milliseconds until the first refusal of each kind. */
  readonly refusals: {
    readonly userinfo: number;
    readonly refresh: number;
    readonly silent: number;
  };
  /** Milliseconds until each application accepts its logout token; undefined if it never does. */
  readonly told: readonly (number | undefined)[];
  /** Responses with a status of 500 or more. */
  readonly serverErrors: number;
}

const leaves = ({ wecom }: Provider, userid: string) => wecom.administrator.leave(userid);
const isDisabled = ({ wecom }: Provider, userid: string) =>
  wecom.administrator.update(userid, { status: 2 });

export const WAYS: readonly Way[] = [
  { name: 'leaves', isSlow: false, change: leaves },
  { name: 'is disabled', isSlow: false, change: isDisabled },
  {
    name: 'leaves, every event is lost; from the first refresh an hour later',
    isSlow: false,
    change: leaves,
    losesEvents: true,
  },
  {
    name: 'leaves; the third application is down for a minute',
    isSlow: true,
    change: leaves,
    third: 'is down for a minute',
  },
  {
    name: 'leaves; the third application never responds',
    isSlow: true,
    change: leaves,
    third: 'never responds',
  },
];

const MINUTE_MS = 60_000;
/** After this time a refresh reads the membership again. */
const HOUR_MS = 60 * MINUTE_MS + 1_000;
const POLL_MS = 5;
/** AWS's third and last run has ended by then. */
const LAST_RUN_MS = 3.2 * MINUTE_MS;
const USERID = 'user123';

/** One member signs in to three applications with one browser, and leaves. */
export async function leave({ name, change, losesEvents, third }: Way): Promise<Leaving> {
  const provider = await startProvider();
  const realNow = Date.now;
  const { write } = process.stdout;
  // Silenced: the functions log to standard output.
  process.stdout.write = () => true;
  const { issuer, wecom, permissions } = provider;
  const corpId = wecom.company.corpid;
  const applications: Application[] = [];
  try {
    const grant = { subject: `member#${USERID}`, permission: 'access', effect: 'allow' } as const;
    await permissions.put(grantItem(corpId, { ...grant, by: 'bench', at: 0 }));
    for (const id of ['one', 'two', 'three']) {
      const application = await startApplication(id, id === 'three' ? third : undefined);
      applications.push(application);
      await saveClient(permissions, corpId, application.client, undefined);
    }
    const browser = new Browser();
    const tokens = [];
    for (const application of applications) {
      tokens.push(await signIn(provider, browser, application));
    }
    if (losesEvents) {
      wecom.callbacks.setTarget('app', undefined);
      wecom.callbacks.setTarget('contacts', undefined);
    }
    change(provider, USERID);
    if (losesEvents) Date.now = () => realNow() + HOUR_MS;
    const begin = performance.now();
    for (const application of applications) application.leftAt = begin;
    const since = () => performance.now() - begin;
    const [{ access_token = '', refresh_token = '' } = {}] = tokens;
    const first = applications[0] as Application;
    const refusals = {
      refresh: await until(
        async () => (await refresh(issuer, first, refresh_token)) !== 200,
        since,
      ),
      userinfo: await until(async () => (await userinfo(issuer, access_token)) !== 200, since),
      silent: await until(
        async () => (await silently(issuer, browser, first)) === 'login_required',
        since,
      ),
    };
    while (since() < LAST_RUN_MS && applications.some(({ toldAt }) => toldAt === undefined)) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      if (!third && since() > MINUTE_MS) break;
    }
    return {
      name,
      refusals,
      told: applications.map(({ toldAt }) => (toldAt === undefined ? undefined : toldAt - begin)),
      serverErrors: provider.serverErrors(),
    };
  } finally {
    Date.now = realNow;
    process.stdout.write = write;
    await Promise.all(applications.map(({ close }) => close()));
    await provider.close();
  }
}

async function until(isSo: () => Promise<boolean>, since: () => number): Promise<number> {
  while (!(await isSo())) {
    if (since() > MINUTE_MS) throw new Error('It is still allowed after a minute');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return since();
}

interface Application {
  readonly client: Client;
  readonly secret: string;
  readonly redirectUri: string;
  leftAt: number;
  toldAt: number | undefined;
  readonly close: () => Promise<void>;
}

async function startApplication(id: string, third: Way['third']): Promise<Application> {
  const secret = randomBytes(32).toString('base64url');
  const server = createServer((_, response) => {
    const now = performance.now();
    if (third === 'never responds') return;
    const isDown = third === 'is down for a minute' && now < application.leftAt + MINUTE_MS;
    if (!isDown) application.toldAt ??= now;
    response.writeHead(isDown ? 503 : 200).end();
  });
  const { url, close } = await listen(server);
  const redirectUri = `${url}/back`;
  const application: Application = {
    secret,
    redirectUri,
    leftAt: 0,
    toldAt: undefined,
    client: newClient(
      { id, secret, redirectUri },
      { backchannelLogoutUri: `${url}/logout`, refresh: true },
    ),
    close,
  };
  return application;
}

function authorization(
  issuer: string,
  { client, redirectUri }: Application,
  more: Record<string, string> = {},
): { address: string; verifier: string } {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: client.clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid profile',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  return { address: `${issuer}/oauth2/authorize?${query}`, verifier };
}

async function signIn(
  { issuer, wecom }: Provider,
  browser: Browser,
  application: Application,
): Promise<Record<string, string>> {
  const { address, verifier } = authorization(issuer, application);
  const isBack = (next: string) => next.startsWith(application.redirectUri);
  let next = await browser.follow(address, (each) => isBack(each) || each.startsWith(wecom.url));
  if (!isBack(next)) {
    const state = new URL(next).searchParams.get('state') ?? '';
    const code = wecom.codes.mint({ userid: USERID });
    const back = `${issuer}/oauth2/wecom?${new URLSearchParams({ code, state })}`;
    next = await browser.follow(back, isBack);
  }
  const response = await token(issuer, application, {
    grant_type: 'authorization_code',
    code: new URL(next).searchParams.get('code') ?? '',
    redirect_uri: application.redirectUri,
    code_verifier: verifier,
  });
  if (!response.ok) throw new Error(`The code was refused: ${await response.text()}`);
  return (await response.json()) as Record<string, string>;
}

function token(issuer: string, { client, secret }: Application, form: Record<string, string>) {
  const credentials = Buffer.from(`${client.clientId}:${secret}`).toString('base64');
  return fetch(`${issuer}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams(form),
  });
}

async function refresh(issuer: string, application: Application, refresh_token: string) {
  const form = { grant_type: 'refresh_token', refresh_token };
  return (await token(issuer, application, form)).status;
}

async function userinfo(issuer: string, access_token: string): Promise<number> {
  const headers = { authorization: `Bearer ${access_token}` };
  return (await fetch(`${issuer}/oauth2/userinfo`, { headers })).status;
}

async function silently(issuer: string, browser: Browser, application: Application) {
  const { address } = authorization(issuer, application, { prompt: 'none' });
  const back = await browser.follow(address, (next) => next.startsWith(application.redirectUri));
  return new URL(back).searchParams.get('error');
}
