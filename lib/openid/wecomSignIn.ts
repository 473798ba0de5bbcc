import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import { poll } from '../poll.ts';
import { isState, newState, s256 } from '../signin/pkce.ts';
import { leavesCodeUnspent } from '../signin/redeem.ts';
import { authorizeAddress, opensOauthPage } from '../wecom/authorizeAddress.ts';
import { requestAddress } from './pages.ts';
import { INTERACTION_SECONDS } from './provider.ts';
import type { StateProblem } from './refusal.ts';
import type { WecomState, WecomStateStore } from './wecomState.ts';

/*
 * The provider's way through WeCom:
 *
 *   /oauth2/authorize ──► signInAddress ──► WeCom's page ──► /oauth2/wecom ──► finishSignIn
 *     the interaction       a state, bound                     the member,       │
 *     begins                to the browser                     the person        ▼
 *   the client ◄── code ── /oauth2/authorize/{uid}: the interaction goes on ◄── 303
 */

/** The answer to WeCom's return. */
export type Return =
  /** To the interaction, or to the client's request from its beginning. */
  | { readonly do: 'redirect'; readonly location: string }
  /** The state is unknown, expired, used, or of another browser. */
  | { readonly do: 'refuse'; readonly why: StateProblem; readonly retryPath?: string };

/** What the browser brings back from WeCom. */
export interface WecomReturn {
  readonly code: string | undefined;
  readonly state: string | undefined;
  /** The cookies that identify the browser. */
  readonly browser: readonly BrowserCookie[];
}

export interface WecomSignInParts {
  readonly issuer: string;
  readonly pages: {
    readonly oauthBaseUrl: string;
    readonly loginBaseUrl: string;
    readonly corpId: string;
    readonly agentId: string;
  };
  readonly states: WecomStateStore;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Spends the code, and stores what the claims are made of. @returns the person's `sub` */
  readonly signIn: (code: string, clientId: string, invocation: Invocation) => Promise<string>;
}

/** How long the second of two equal redirects waits for the first one. */
const REPLAY_WAIT_MS = 8_000;

/** The scopes and claims that WeCom gives only with the member's consent. */
const SENSITIVE_SCOPES = ['email', 'phone'];
const SENSITIVE_CLAIMS = ['email', 'phone_number'];

/** The provider's sign-ins at WeCom. */
export class WecomSignIn {
  readonly #parts: WecomSignInParts;

  constructor(parts: WecomSignInParts) {
    this.#parts = parts;
  }

  /** Begins a sign-in at WeCom for an interaction, and binds it to the browser. @throws StoreUnavailable */
  async address(context: KoaContextWithOIDC, interactionUid: string): Promise<string> {
    const { issuer, pages, states, clock, randomBytes } = this.#parts;
    const [known] = readBrowserCookies(sentCookies(context), issuer);
    const browser = known ?? newBrowserCookie(issuer, randomBytes);
    context.cookies.set(browser.name, browser.secret, {
      httpOnly: true,
      sameSite: 'lax',
      secure: issuer.startsWith('https:'),
      path: '/',
      signed: false,
      overwrite: true,
    });
    const state = newState(randomBytes);
    await states.issue(state, {
      interactionUid,
      browserHash: s256(browser.secret),
      expiresAt: clock.now() + INTERACTION_SECONDS * 1_000,
      retryPath: requestAddress({ ...context.oidc.params }),
    });
    return authorizeAddress(pages, {
      mode: opensOauthPage(context.get('user-agent')) ? 'oauth' : 'qr',
      redirectUri: `${issuer}/oauth2/wecom`,
      scope: asksForSensitive(context) ? 'snsapi_privateinfo' : 'snsapi_base',
      state,
    });
  }

  /**
   * Takes WeCom's return: `code` and `state`, or `state` alone where the member cancelled.
   *
   * @throws what the sign-in throws; a state whose code was not spent can then be redeemed again
   */
  async finish(
    provider: Provider,
    { code, state, browser }: WecomReturn,
    invocation: Invocation,
  ): Promise<Return> {
    const { states, clock } = this.#parts;
    if (!state || !isState(state)) return { do: 'refuse', why: 'absent' };
    const issued = await states.read(state);
    if (issued === undefined) return { do: 'refuse', why: 'unknown' };
    const { browserHash } = issued;
    if (!isSameBrowser(issued, browser)) return { do: 'refuse', why: 'other-browser' };
    const redemptionId = crypto.randomUUID();
    const proof = { redemptionId, code: code ?? '', browserHash };
    if (await states.redeem(state, proof)) {
      return this.#redeem(provider, issued, { state, code, redemptionId }, invocation);
    }
    const { retryPath } = issued;
    const done = await poll(
      async () => {
        const seen = await states.read(state);
        if (!seen || !states.isReplay(seen, proof.code, browserHash)) return { isReplay: false };
        const interaction = await provider.Interaction.find(issued.interactionUid);
        // The first redirect is still at work.
        if (interaction && !interaction.result) return undefined;
        return { isReplay: true, location: interaction?.returnTo };
      },
      Math.min(clock.now() + REPLAY_WAIT_MS, invocation.deadline),
      clock,
    );
    if (done?.isReplay) return { do: 'redirect', location: done.location ?? retryPath };
    const why = clock.now() >= issued.expiresAt ? 'expired' : 'used';
    return { do: 'refuse', why, retryPath };
  }

  /**
   * The path where a person can begin again after a refusal by WeCom.
   *
   * @returns nothing for a state that is unknown, or another browser's
   * @throws StoreUnavailable
   */
  async retryPath(state: string, browser: readonly BrowserCookie[]): Promise<string | undefined> {
    const issued = isState(state) ? await this.#parts.states.read(state) : undefined;
    return issued && isSameBrowser(issued, browser) ? issued.retryPath : undefined;
  }

  /** For the one redirect that redeemed the state: gives the interaction its result. */
  async #redeem(
    provider: Provider,
    issued: WecomState,
    redemption: { state: string; code: string | undefined; redemptionId: string },
    invocation: Invocation,
  ): Promise<Return> {
    const { state, code, redemptionId } = redemption;
    const { states, signIn, clock } = this.#parts;
    const { interactionUid, browserHash, retryPath } = issued;
    const interaction = await provider.Interaction.find(interactionUid);
    if (!interaction) return { do: 'refuse', why: 'expired', retryPath };
    if (code === undefined) {
      interaction.result = {
        error: 'access_denied',
        error_description: 'the member cancelled the sign-in',
        browserHash,
      };
    } else {
      const clientId = String(interaction.params['client_id']);
      invocation.note({ client: clientId });
      const sub = await signIn(code, clientId, invocation).catch(async (error: unknown) => {
        if (leavesCodeUnspent(error)) await states.release(state, redemptionId);
        throw error;
      });
      // The time of the sign-in, not of the resumption, so that a sign-out in between counts.
      const ts = Math.floor(clock.now() / 1_000);
      interaction.result = { login: { accountId: sub, amr: ['wecom'], ts }, browserHash };
    }
    await interaction.persist();
    return { do: 'redirect', location: interaction.returnTo };
  }
}

/** Whether the client asks for what needs consent, by scope or by the parameter `claims`. */
function asksForSensitive({ oidc }: KoaContextWithOIDC): boolean {
  return (
    SENSITIVE_SCOPES.some((scope) => oidc.requestParamScopes.has(scope)) ||
    SENSITIVE_CLAIMS.some((claim) => oidc.requestParamClaims.has(claim))
  );
}

/*
 * The cookies that identify a browser. `__Host-` keeps other hosts of the domain from setting them.
 *
 * A browser keeps its first one. Sign-ins that begin at once, before the browser has any, each get one
 * under a name of its own, so that neither replaces the other.
 */

export interface BrowserCookie {
  readonly name: string;
  /** 256 random bits. */
  readonly secret: string;
}

/** How many sign-ins of one browser may begin before it has its first cookie. */
const MAX_BROWSER_COOKIES = 20;

/** @param cookies by their names, as the browser sent them */
export function readBrowserCookies(
  cookies: Readonly<Record<string, string | undefined>>,
  issuer: string,
): BrowserCookie[] {
  const prefix = browserCookiePrefix(issuer);
  return Object.entries(cookies)
    .filter(([name, value]) => name.startsWith(prefix) && /^[\w-]{43}$/.test(value ?? ''))
    .map(([name, secret = '']) => ({ name, secret }))
    .slice(0, MAX_BROWSER_COOKIES);
}

function sentCookies(context: KoaContextWithOIDC): Record<string, string> {
  const pairs = context
    .get('cookie')
    .split('; ')
    .map((pair) => pair.split('='));
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value]));
}

function newBrowserCookie(
  issuer: string,
  randomBytes: (count: number) => Uint8Array,
): BrowserCookie {
  const text = (count: number) => Buffer.from(randomBytes(count)).toString('base64url');
  return { name: `${browserCookiePrefix(issuer)}${text(6)}`, secret: text(32) };
}

function browserCookiePrefix(issuer: string): string {
  return issuer.startsWith('https:') ? '__Host-wecom-browser-' : 'wecom-browser-';
}

/**
 * Whether the browser is the one that began a sign-in.
 *
 * @param bound a state, or the result of an interaction
 */
export function isSameBrowser(bound: unknown, browser: readonly BrowserCookie[]): boolean {
  const { browserHash } = (bound ?? {}) as { browserHash?: unknown };
  return browser.some(({ secret }) => browserHash === s256(secret));
}
