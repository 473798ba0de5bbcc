export type Scope = 'snsapi_base' | 'snsapi_privateinfo';
/** WeCom's page for its own browser, or the QR page for all others. */
export type AuthorizeMode = 'oauth' | 'qr';

export interface AuthorizePages {
  /** Origins, with a path prefix if there is a proxy, without a trailing slash. */
  readonly oauthBaseUrl: string;
  readonly loginBaseUrl: string;
  readonly corpId: string;
  readonly agentId: string;
}

export interface AuthorizeVisit {
  readonly mode: AuthorizeMode;
  readonly redirectUri: string;
  /** Only the OAuth page knows scopes: a QR sign-in never gives a user_ticket (document 98177). */
  readonly scope: Scope;
  readonly state: string;
}

/**
 * The address of WeCom's page: page OAuth (document 91022) or Web login (document 98152). The
 * parameters are in the order of the documents, which WeChat's page is known to require, and
 * `#wechat_redirect` is last.
 */
export function authorizeAddress(pages: AuthorizePages, visit: AuthorizeVisit): string {
  const { oauthBaseUrl, loginBaseUrl, corpId, agentId } = pages;
  const { mode, redirectUri, scope, state } = visit;
  if (mode === 'qr') {
    return `${loginBaseUrl}/wwlogin/sso/login?${query(Object.entries(webLogin(pages, visit)))}`;
  }
  return `${oauthBaseUrl}/connect/oauth2/authorize?${query([
    ['appid', corpId],
    ['redirect_uri', redirectUri],
    ['response_type', 'code'],
    ['scope', scope],
    ['state', state],
    ['agentid', agentId],
  ])}#wechat_redirect`;
}

/**
 * The `params` of `createWWLoginPanel` in `@wecom/jssdk`, which shows the QR page in a frame (document
 * 98171). `callback`: the page gets the code itself, and is not left.
 */
export function panelParameters(pages: AuthorizePages, visit: AuthorizeVisit) {
  return { ...webLogin(pages, visit), redirect_type: 'callback' };
}

function webLogin({ corpId, agentId }: AuthorizePages, { redirectUri, state }: AuthorizeVisit) {
  return {
    login_type: 'CorpApp',
    appid: corpId,
    agentid: agentId,
    redirect_uri: redirectUri,
    state,
  };
}

/** Encodes each value once: WeCom reads another host from an address that is encoded twice. */
function query(parameters: readonly [string, string][]): string {
  return parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

/**
 * WeCom's own browser has `wxwork` in its user agent on every platform, and WeChat's has
 * `MicroMessenger`. Both open the OAuth page.
 */
export function opensOauthPage(userAgent: string): boolean {
  return /wxwork|micromessenger/i.test(userAgent);
}
