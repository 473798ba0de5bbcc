import * as oidc from 'openid-client';
import { Browser } from '../../tests/harness/browser.ts';
import type { Person } from './people.ts';
import { ANSWER_TIMEOUT_MS, type LoadRecord } from './record.ts';
import { anyone, countSignIn, type World } from './world.ts';

/** A public client of the provider. Nothing listens at its redirect address. */
export const CLIENT = { id: 'load', redirectUri: 'https://load.example.com/back' } as const;

/** A browser whose requests are recorded. */
class RecordedBrowser extends Browser {
  readonly #record: LoadRecord;
  readonly #isExpected: (status: number) => boolean;

  constructor(record: LoadRecord, isExpected: (status: number) => boolean) {
    super();
    this.#record = record;
    this.#isExpected = isExpected;
  }

  override visit(address: string, init: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(address);
    const route = pathname.startsWith('/oauth2/')
      ? `stack ${pathname.replace(/^\/(oauth2\/\w+).*/, '$1')}`
      : "WeCom's page";
    return recorded(
      this.#record,
      route,
      super.visit(address, { ...init, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }),
      this.#isExpected,
    );
  }
}

/** Ends an operation whose answer is recorded already. */
class Ended extends Error {}

async function recorded(
  record: LoadRecord,
  route: string,
  answer: Promise<Response>,
  isExpected: (status: number) => boolean,
): Promise<Response> {
  const fromMs = record.now();
  try {
    const response = await answer;
    const { status, headers } = response;
    const text = status < 400 ? '' : await response.clone().text();
    const error = /"error":"(\w+)"/.exec(text)?.[1] ?? headers.get('x-error-code') ?? '';
    const kind = [status, error].filter(Boolean).join(' ');
    record.entries.push({
      route,
      fromMs,
      untilMs: record.now(),
      kind,
      isExpected: isExpected(status),
    });
    return response;
  } catch {
    record.entries.push({
      route,
      fromMs,
      untilMs: record.now(),
      kind: 'no answer',
      isExpected: false,
    });
    throw new Ended();
  }
}

/** Reads the provider's discovery document. */
export async function discover(site: string): Promise<oidc.ServerMetadata> {
  const configuration = await oidc.discovery(new URL(site), CLIENT.id, {}, oidc.None(), {
    execute: [oidc.allowInsecureRequests],
  });
  return configuration.serverMetadata();
}

/**
 * A sign-in by the provider: userinfo, for half of them a refresh, for a quarter the sign-out. One of two
 * has the tokens from the single instance.
 */
export async function openidSignIn(world: World, provider: oidc.ServerMetadata): Promise<void> {
  const person = anyone(world);
  // Without the permission the provider shows a page instead.
  if (person.grant === 'none' || world.record.now() < person.permittedFromMs) return;
  try {
    await signInAndOut(world, person, provider);
  } catch (error) {
    // openid-client throws for every answer that is not the expected one. The answer is recorded.
    const isAnswer =
      error instanceof Ended ||
      error instanceof oidc.ResponseBodyError ||
      error instanceof oidc.WWWAuthenticateChallengeError ||
      (error instanceof oidc.ClientError && error.code === 'OAUTH_RESPONSE_IS_NOT_CONFORM');
    if (error instanceof oidc.AuthorizationResponseError) {
      const now = world.record.now();
      const kind = `303 ${error.error}`;
      const route = 'stack oauth2/authorize, redirect with an error';
      const isUnknown =
        error.error === 'temporarily_unavailable' &&
        world.people.mayBeUnknown(person, now, now, world.record);
      if (isUnknown) world.people.refusedUnknown += 1;
      const isExpected = isUnknown || person.leftMs !== undefined;
      return void world.record.entries.push({ route, fromMs: now, untilMs: now, kind, isExpected });
    }
    const isNoRedirect =
      error instanceof Error && /^No redirect from \S+ [45]\d\d /.test(error.message);
    if (!isAnswer && !isNoRedirect && person.leftMs === undefined) {
      const { message } = error as Error;
      world.record.problem(`OpenID Connect, ${person.userid}: ${message.split('\n')[0]}`);
    }
  }
}

async function signInAndOut(
  world: World,
  person: Person,
  provider: oidc.ServerMetadata,
): Promise<void> {
  const { record, random, emulator } = world;
  const isExpected = (status: number) =>
    status < 400 || (status < 500 && person.leftMs !== undefined);
  const target = random.pick([world.stack, world.single]);
  const configuration = new oidc.Configuration(provider, CLIENT.id, {}, oidc.None());
  oidc.allowInsecureRequests(configuration);
  configuration[oidc.customFetch] = (url, options) => {
    const { pathname } = new URL(url);
    const answer = fetch(`${target.url}${pathname}`, {
      ...(options as RequestInit),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return recorded(record, `${target.name} ${pathname.slice(1)}`, answer, isExpected);
  };
  const site = provider.issuer;
  const browser = new RecordedBrowser(record, isExpected);
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
  const begin = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: CLIENT.redirectUri,
    scope: 'openid profile groups offline_access',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  });
  const page = await browser.follow(begin.href, (next) => next.startsWith(emulator.url));
  const approval = new URLSearchParams({ who: person.userid, decision: 'approve' });
  const { headers } = await browser.visit(page, { method: 'POST', body: approval });
  const location = headers.get('location');
  if (location === null) throw new Ended();
  const isBack = (next: string) => next.startsWith(CLIENT.redirectUri);
  const isRefused = (next: string) => new URL(next).pathname.startsWith('/oauth2/refused/');
  const back = await browser.follow(location, (next) => isBack(next) || isRefused(next));
  if (isRefused(back)) {
    if (person.leftMs !== undefined) throw new Ended();
    return record.problem(`the provider refuses ${person.userid}, who is permitted`);
  }
  const tokens = await oidc.authorizationCodeGrant(configuration, new URL(back), {
    pkceCodeVerifier,
    expectedState,
    expectedNonce,
  });
  countSignIn(world, person.userid);
  const claims = tokens.claims();
  judgeClaims(record, person, claims?.['preferred_username'], claims?.sub);
  const info = await oidc.fetchUserInfo(configuration, tokens.access_token, claims?.sub ?? '');
  judgeClaims(record, person, info.preferred_username, info.sub);
  let refreshToken = tokens.refresh_token;
  if (refreshToken === undefined) record.problem(`${person.userid} got no refresh token`);
  if (refreshToken !== undefined && random.below(2) === 0) {
    const refreshed = await oidc.refreshTokenGrant(configuration, refreshToken);
    judgeClaims(
      record,
      person,
      refreshed.claims()?.['preferred_username'],
      refreshed.claims()?.sub,
    );
    refreshToken = refreshed.refresh_token;
  }
  if (random.below(4) > 0 || refreshToken === undefined) return;
  await signOut(world, person, browser, site);
  await refreshAfterSignOut(world, site, refreshToken);
}

function judgeClaims(record: LoadRecord, person: Person, userid: unknown, sub: unknown): void {
  if (userid !== person.userid) record.problem(`the claims of ${person.userid} name ${userid}`);
  person.sub ??= String(sub);
  if (sub !== person.sub) record.problem(`${person.userid} has got another sub`);
}

async function signOut(
  { record }: World,
  { userid, leftMs }: Person,
  browser: Browser,
  site: string,
): Promise<void> {
  const shown = await browser.visit(`${site}/oauth2/logout`);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(await shown.text())?.[1];
  if (xsrf === undefined) {
    if (shown.ok && leftMs === undefined) record.problem(`${userid} is asked for no sign-out`);
    throw new Ended();
  }
  const body = new URLSearchParams({ xsrf, logout: 'yes' });
  const { status } = await browser.visit(`${site}/oauth2/logout/confirm`, { method: 'POST', body });
  if (status >= 400) throw new Ended();
}

/** The refresh token must have ended with the session. */
async function refreshAfterSignOut({ record }: World, site: string, token: string): Promise<void> {
  const reply = await record.send(
    'stack oauth2/token after the sign-out',
    `${site}/oauth2/token`,
    {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: token,
        client_id: CLIENT.id,
      }),
    },
    (status) => status === 400,
  );
  if (reply?.status === 200) record.problem('a refresh token outlives the sign-out');
}
