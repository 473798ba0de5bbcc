import { createHash, hkdfSync } from 'node:crypto';
import Provider, {
  type AdapterPayload,
  type Configuration,
  errors,
  type FindAccount,
  interactionPolicy,
  type JWK,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import type { TimeSource } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import type { SessionKey } from '../session/sessionKeys.ts';
import { type AccountPageParts, accountPage } from './accountPage.ts';
import { createAdapter } from './adapter.ts';
import { CLAIMS_OF_SCOPES } from './claims.ts';
import { type Client, findClient, hasSecret, isNativeApp } from './clients.ts';
import { renderError, renderLoggedOut, renderLogout } from './pages.ts';
import { newGrantId, type SignInStore, sidOf, takeBack } from './signIns.ts';

/*
 * The OpenID provider is panva's oidc-provider; this file is its configuration, in the order of what
 * it promises: endpoints, who may sign in where, tokens, sessions, pages.
 */

/** Paths below the issuer. */
const ROUTES = {
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  userinfo: '/oauth2/userinfo',
  revocation: '/oauth2/revoke',
  end_session: '/oauth2/logout',
  jwks: '/.well-known/jwks.json',
} as const;

/** The browser sends each only to the paths of one interaction. */
export const INTERACTION_COOKIE = 'wecom-interaction';
export const RESUME_COOKIE = 'wecom-resume';

const ACCESS_TOKEN_SECONDS = 600;
const AUTHORIZATION_CODE_SECONDS = 60;
/** How long a person may take at WeCom. */
export const INTERACTION_SECONDS = 600;
const REFRESH_TOKEN_SECONDS = 30 * 24 * 60 * 60;

export interface ProviderParts {
  readonly issuer: string;
  readonly corpId: string;
  /** The audience of the sessions of /api, which no access token may have. */
  readonly sessionAudience: string;
  /** Holds the provider's sessions, codes and tokens. */
  readonly cacheTable: Table;
  /** Holds its clients and grants. */
  readonly permissionTable: Table;
  readonly clock: TimeSource;
  /** The keys that are published now. The first one signs. */
  readonly keys: readonly SessionKey[];
  readonly providerSessionSeconds: number;
  /** Whether a session, whose person signed in in this second of the epoch, has ended. */
  readonly hasEnded: (sub: string, signedInAt: number, sessionUid: string) => Promise<boolean>;
  /** The same for the browser's session. */
  readonly hasEndedMeanwhile: (context: KoaContextWithOIDC) => Promise<boolean>;
  /** Ends what rests on a session that the person signs out of, and has its clients told. */
  readonly endSession: (
    sub: string,
    sessionUid: string,
    context: KoaContextWithOIDC | undefined,
  ) => Promise<void>;
  readonly findAccount: FindAccount;
  /** Whether the person of the session may use the client. */
  readonly mayUse: (context: KoaContextWithOIDC) => Promise<boolean>;
  /** The address where a person signs in: WeCom's page. */
  readonly signInAddress: (context: KoaContextWithOIDC, interactionUid: string) => Promise<string>;
  /** The address of the page that says that the person may not use the client. */
  readonly refusedAddress: (interactionUid: string) => string;
  /** What the person's own page needs. */
  readonly account: Omit<AccountPageParts, 'signIns'>;
  /** Sends logout tokens; absent: this function sends none. */
  readonly logoutFetch?: typeof globalThis.fetch;
}

/** Metadata of a client that the library does not know. */
const EXTRA = ['permission', 'audience', 'email_domain', 'group_paths', 'refresh', 'secrets'];

/** Builds the provider for one set of keys. Takes a millisecond: it is built again when keys change. */
export function createProvider(parts: ProviderParts): Provider {
  const { issuer, corpId, cacheTable, permissionTable, clock } = parts;
  const signIns = { table: permissionTable, corpId, clock };
  const isHttps = issuer.startsWith('https:');
  const cookie = { httpOnly: true, sameSite: 'lax', secure: isHttps, signed: true } as const;

  const configuration: Configuration = {
    adapter: (model: string) =>
      createAdapter(model, {
        table: cacheTable,
        corpId,
        clock,
        signIns,
        hasEnded: parts.hasEnded,
        providerSessionSeconds: parts.providerSessionSeconds,
        findClient: async (clientId) => {
          // The audience of its ID tokens would be that of sessions, which JWT authorizers check.
          if (clientId === parts.sessionAudience) return undefined;
          const client = await findClient(permissionTable, corpId, clientId);
          return client && metadataOf(client);
        },
      }),

    // Endpoints.
    routes: ROUTES,
    responseTypes: ['code'],
    scopes: ['openid', 'offline_access', 'profile', 'email', 'phone', 'groups'],
    claims: structuredClone(CLAIMS_OF_SCOPES) as unknown as Record<string, string[]>,
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    pkce: { required: (_context, client) => client.clientAuthMethod === 'none' },
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256'],
      requestObjectSigningAlgValues: [],
      userinfoSigningAlgValues: [],
      authorizationSigningAlgValues: [],
      introspectionSigningAlgValues: [],
    } as unknown as NonNullable<Configuration['enabledJWA']>,
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      revocation: {
        enabled: true,
        // For another client's token nothing happens, and the answer does not say so.
        allowedPolicy: async (_context, client, token) => token.clientId === client.clientId,
      },
      userinfo: { enabled: true },
      requestObjects: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_context, client, oneOf) => {
          const audience = client?.['audience'];
          return oneOf?.[0] ?? (typeof audience === 'string' ? audience : '');
        },
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource, client) => {
          if (client['audience'] !== resource || resource === parts.sessionAudience) {
            throw new errors.InvalidTarget();
          }
          return {
            scope: 'openid profile email phone groups',
            audience: resource,
            accessTokenTTL: ACCESS_TOKEN_SECONDS,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: renderLogout,
        postLogoutSuccessSource: renderLoggedOut,
      },
      backchannelLogout: { enabled: true },
    },

    // Who may sign in where.
    extraClientMetadata: { properties: EXTRA },
    findAccount: parts.findAccount,
    interactions: {
      policy: policyOf(parts),
      url: (context, { uid, prompt }) =>
        prompt.name === 'access' ? parts.refusedAddress(uid) : parts.signInAddress(context, uid),
    },
    loadExistingGrant: (context) => loadExistingGrant(context, signIns, parts),

    // Tokens. ID token and userinfo have the same claims, because some relying parties read only one.
    conformIdTokenClaims: false,
    jwks: { keys: parts.keys.map(jwkOf) },
    issueRefreshToken: async (_context, client) => client['refresh'] === true,
    rotateRefreshToken: ({ oidc }) => oidc.client?.clientAuthMethod === 'none',
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: AUTHORIZATION_CODE_SECONDS,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: INTERACTION_SECONDS,
      // A rotated one expires with the first one, whose time may run out while WeCom is asked.
      RefreshToken: (context) => {
        const { RotatedRefreshToken: rotated } = context?.oidc.entities ?? {};
        return Math.max(1, rotated?.remainingTTL ?? REFRESH_TOKEN_SECONDS);
      },
      Grant: REFRESH_TOKEN_SECONDS,
      Session: (_context, session) => secondsLeft(session, parts),
    },

    // Sessions.
    cookies: {
      keys: parts.keys.map(cookieKeyOf),
      names: isHttps
        ? {
            session: '__Host-wecom-session',
            interaction: INTERACTION_COOKIE,
            resume: RESUME_COOKIE,
          }
        : {
            session: 'wecom-session',
            interaction: INTERACTION_COOKIE,
            resume: RESUME_COOKIE,
          },
      long: { ...cookie, path: '/' },
      short: cookie,
    },

    // Pages.
    renderError,
    ...(parts.logoutFetch && { fetch: parts.logoutFetch }),
  };

  const provider = new Provider(issuer, configuration);
  // The library compares plain secrets; ours are kept as hashes, two of them while one is replaced.
  Object.assign(provider.Client.prototype, {
    compareClientSecret(this: { secrets?: Client['secrets'] }, given: string) {
      return hasSecret({ secrets: this.secrets ?? [] }, given, clock);
    },
  });
  // The function signOuts sends logout tokens. The library would while the person waits, and once.
  if (!parts.logoutFetch) provider.Client.prototype['backchannelLogout'] = async () => {};
  const { destroy } = provider.Session.prototype;
  provider.Session.prototype.destroy = async function endAndDestroy() {
    if (this.accountId) await parts.endSession(this.accountId, this.uid, Provider.ctx);
    return destroy.call(this);
  };
  provider.use(accountPage(provider, { ...parts.account, signIns }) as never);
  return provider;
}

/** The seconds until a session ends. It lasts from the sign-in on, however often it is used. */
function secondsLeft(
  { loginTs }: { readonly loginTs?: number | undefined },
  { providerSessionSeconds, clock }: ProviderParts,
): number {
  const now = Math.floor(clock.now() / 1_000);
  const age = loginTs === undefined ? 0 : Math.max(0, now - loginTs);
  return Math.max(1, providerSessionSeconds - age);
}

/** The library's login prompt, and after it our own: the client's permission. */
function policyOf({ mayUse }: ProviderParts) {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  // `prompt=consent` is accepted and shows nothing.
  const consent = new interactionPolicy.Prompt({ name: 'consent', requestable: true });
  consent.checks.clear();
  policy.add(consent);
  const access = new interactionPolicy.Prompt(
    { name: 'access', requestable: false },
    new interactionPolicy.Check(
      'not_permitted',
      'the member may not use this application',
      'access_denied',
      async (context) => !(await mayUse(context)),
    ),
  );
  policy.add(access);
  return policy;
}

/**
 * Gives every requested scope without a page: the administrator's grant stands for the person's consent.
 *
 * @throws LoginRequired if the person was signed out meanwhile
 */
async function loadExistingGrant(
  context: KoaContextWithOIDC,
  signIns: SignInStore,
  { hasEndedMeanwhile, mayUse }: ProviderParts,
) {
  const { oidc } = context;
  const { client, session, provider } = oidc;
  const accountId = session?.accountId;
  if (!client || !session || !accountId) return undefined;
  const known = session.grantIdFor(client.clientId);
  const found = known ? await provider.Grant.find(known) : undefined;
  const isOurs = found?.accountId === accountId && found.clientId === client.clientId;
  const jti = newGrantId(accountId, session.uid);
  const grant = isOurs
    ? found
    : new provider.Grant({ accountId, clientId: client.clientId, jti } as ConstructorParameters<
        typeof provider.Grant
      >[0]);
  if (!isOurs) session.sidFor(client.clientId, sidOf(jti));
  const scope = [...oidc.requestParamScopes].join(' ');
  grant.addOIDCScope(scope);
  for (const resource of Object.keys(oidc.resourceServers ?? {})) {
    grant.addResourceScope(resource, scope);
  }
  grant.addOIDCClaims([...oidc.requestParamClaims]);
  const since = signIns.clock.now();
  await grant.save();
  // After the write, because a sign-out reads the sign-ins after it has taken effect.
  if (await hasEndedMeanwhile(context)) {
    await takeBack(signIns, grant.jti, since);
    // A person who may not use the client gets the page for that.
    if (await mayUse(context)) throw new errors.LoginRequired('the session has ended');
  }
  return grant;
}

function metadataOf(client: Client): AdapterPayload {
  const { clientId, name, isPublic, refresh } = client;
  return {
    client_id: clientId,
    client_name: name,
    application_type: isNativeApp(client) ? 'native' : 'web',
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    ...(client.backchannelLogoutUri !== undefined && {
      backchannel_logout_uri: client.backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
    response_types: ['code'],
    grant_types: refresh ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
    // Either method is taken from every confidential client: see http/openidTokenRequest.ts.
    token_endpoint_auth_method: isPublic ? 'none' : 'client_secret_basic',
    // The library requires one. `compareClientSecret` compares the hashes.
    ...(!isPublic && { client_secret: 'kept as a hash' }),
    id_token_signed_response_alg: 'RS256',
    permission: client.permission,
    ...(client.audience !== undefined && { audience: client.audience }),
    ...(client.emailDomain !== undefined && { email_domain: client.emailDomain }),
    group_paths: client.groupPaths,
    refresh,
    secrets: client.secrets,
  };
}

function jwkOf({ nbf: _nbf, exp: _exp, ...jwk }: SessionKey): JWK {
  return jwk as unknown as JWK;
}

/**
 * The key that signs cookies, derived from the private key that signs tokens. So it is rotated with that
 * one: accepted before it is used, and for a time afterwards.
 */
function cookieKeyOf({ d }: SessionKey): string {
  const key = hkdfSync('sha256', d, '', 'wecom-auth cookies', 32);
  return createHash('sha256').update(Buffer.from(key)).digest('base64url');
}
